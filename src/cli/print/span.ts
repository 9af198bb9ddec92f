/** A span of time in its two largest units: `3s`, `4m 10s`, `2h 5m`, `3d 4h`. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [days, hours, minutes] = [seconds / 86_400, seconds / 3600, seconds / 60].map(Math.floor) as [
    number,
    number,
    number,
  ];
  if (days > 0) return two(days, 'd', hours % 24, 'h');
  if (hours > 0) return two(hours, 'h', minutes % 60, 'm');
  if (minutes > 0) return two(minutes, 'm', seconds % 60, 's');
  return `${seconds}s`;
}

/** How long ago an instant of the API was. */
export function formatAge(timestamp: string, now: number): string {
  return `${formatSpan(now - Date.parse(timestamp))} ago`;
}

/** `1 run`, `2 runs`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** What of a checkout neither a run nor a plan begins with. */
export function uncommittedText(files: number): string {
  return `${count(files, 'uncommitted file')} ${files === 1 ? 'is' : 'are'} not included`;
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit} ${small}${smallUnit}`;
}
