/** A log file's place in the order: by day, then by number within the day. */
export type LogFileName = { readonly day: string; readonly number: number };

/** A log file on disk. */
export type LogFile = { readonly name: string; readonly bytes: number };

/** `daemon-2026-11-21.log`, its followers of the same day `daemon-2026-11-21.2.log`, `.3`… */
export function formatLogFileName({ day, number }: LogFileName): string {
  return number === 1 ? `daemon-${day}.log` : `daemon-${day}.${number}.log`;
}

/** Null for a file that is not one of ours, which is never removed. */
export function parseLogFileName(name: string): LogFileName | null {
  const match = /^daemon-(\d{4}-\d{2}-\d{2})(?:\.([1-9]\d{0,8}))?\.log$/.exec(name);
  if (match === null || match[2] === '1') return null;
  return { day: match[1] ?? '', number: Number(match[2] ?? 1) };
}

/** Oldest first; foreign names are left out. */
export function sortLogFiles(files: readonly LogFile[]): LogFile[] {
  return files
    .flatMap((file) => {
      const parsed = parseLogFileName(file.name);
      return parsed === null ? [] : [{ file, parsed }];
    })
    .sort((a, b) =>
      a.parsed.day === b.parsed.day
        ? a.parsed.number - b.parsed.number
        : a.parsed.day < b.parsed.day
          ? -1
          : 1,
    )
    .map(({ file }) => file);
}

export type Retention = {
  /** What all files but the current one may hold together. */
  readonly bytes: number;
  /** How many files there may be besides the current one. */
  readonly files: number;
  /** The file being written: never removed. */
  readonly current: string;
};

/** Names of the files to remove, oldest first, so that what remains is within `retention`. */
export function filesToRemove(files: readonly LogFile[], retention: Retention): string[] {
  const kept = sortLogFiles(files).filter((file) => file.name !== retention.current);
  const removed: string[] = [];
  let bytes = kept.reduce((sum, file) => sum + file.bytes, 0);
  while (kept.length > 0 && (bytes > retention.bytes || kept.length > retention.files)) {
    const oldest = kept.shift();
    if (oldest === undefined) break;
    bytes -= oldest.bytes;
    removed.push(oldest.name);
  }
  return removed;
}
