/** Longest title, label or sentence taken over from an agent, in characters. */
export const maxTitleChars = 500;
/** Longest text of one event, in characters. */
export const maxEventChars = 64 * 1024;
/** Longest tool input that goes into an event or an approval, in characters of JSON. */
export const maxInputChars = 64 * 1024;
/** Deepest nesting of such an input. */
export const maxInputDepth = 32;

/** At most `max` characters of `text`, never ending in half a surrogate pair; `…` says that something is missing. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, cutAt(text, max - 1))}…`;
}

/** `text` as one line of at most `max` characters, without control characters. */
export function oneLine(text: string, max = maxTitleChars): string {
  const head = text.slice(0, max * 4);
  return shorten(head.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ').trim(), max);
}

/** `text` in pieces of at most `max` characters, no surrogate pair cut. */
export function pieces(text: string, max = maxEventChars): string[] {
  const parts: string[] = [];
  let from = 0;
  while (from < text.length) {
    const to = text.length - from <= max ? text.length : cutAt(text, from + max);
    parts.push(text.slice(from, to));
    from = to;
  }
  return parts;
}

/** The last line of `text` that holds more than space, or null. */
export function lastLine(text: string): string | null {
  let end = text.length;
  while (end > 0) {
    const start = text.lastIndexOf('\n', end - 1) + 1;
    const line = text.slice(start, end).trim();
    if (line !== '') return line;
    end = start - 1;
  }
  return null;
}

/** The last line of stderr that says something: not the frames of a trace, nor the version that Node.js signs it with, nor colours. */
export function lastWords(text: string): string | null {
  const plain = text.replace(/\u001b\[[0-9;]*m/g, '');
  const lines = plain.split('\n').filter((line) => !/^\s+at |^Node\.js v[\d.]+\s*$/.test(line));
  return lastLine(lines.join('\n'));
}

/** `value` as JSON that is safe to store: too deep parts are named so, one too large becomes its own beginning. */
export function boundInput(value: unknown): unknown {
  const flat = limitDepth(value, maxInputDepth);
  const text = JSON.stringify(flat) ?? 'null';
  return text.length <= maxInputChars
    ? flat
    : { truncated: true, chars: text.length, begins: shorten(text, 4096) };
}

function limitDepth(value: unknown, depth: number): unknown {
  if (value === undefined) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '[nested too deeply]';
  if (Array.isArray(value)) return value.map((item) => limitDepth(item, depth - 1));
  // fromEntries defines own properties, so a key named __proto__ stays a key.
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, limitDepth(item, depth - 1)]));
}

function cutAt(text: string, at: number): number {
  const before = text.charCodeAt(at - 1);
  return before >= 0xd800 && before <= 0xdbff ? at - 1 : at;
}
