import {
  closeSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';

/** A file that grew beyond this is cut at the next start… */
export const maxLastWordsBytes = 256 * 1024;
/** …to its last part of about this size. */
export const keptLastWordsBytes = 64 * 1024;

/** What stands before what one start of the daemon leaves behind. */
const mark = '── ';

/**
 * Makes the file that a service manager appends stderr to fit for another start: cuts it to its last part where it has
 * grown, closes it to others, and writes a line that sets this start apart. Does nothing to a stderr that is no file.
 * `path` names the same file for reading, which `fd` may not be open for; anything else there is left alone.
 */
export function beginLastWords(options: { fd: number; path: string | null; line: string }): void {
  const { fd, path, line } = options;
  const info = fstatSync(fd);
  if (!info.isFile()) return;
  const tail = info.size > maxLastWordsBytes ? readTail(path, info) : null;
  if (tail !== null) ftruncateSync(fd, 0);
  fchmodSync(fd, 0o600);
  writeSync(fd, `${tail === null ? '' : tail.toString('utf8')}${mark}${line}\n`);
}

/** What a program said last; `isError` when the line looks like the reason it ended. */
export type LastWords = { readonly text: string; readonly isError: boolean };

/**
 * What the last start left in the file: its last line that looks like an error, else its last line at all. Null when it
 * left nothing, or when there is no such file.
 */
export function readLastWords(path: string): LastWords | null {
  const text = readTail(path, null)?.toString('utf8') ?? '';
  const start = text.lastIndexOf(`\n${mark}`) + 1;
  const begun = text.startsWith(mark, start) ? text.indexOf('\n', start) + 1 : start;
  const lines = text
    .slice(begun)
    .split('\n')
    .map((line) => line.trim());
  const error = lines.findLast((line) => /^(?:error|[A-Z]\w*Error)\b[^:]*: /.test(line));
  if (error !== undefined) return { text: error.replace(/^error: /, ''), isError: true };
  const last = lines.findLast((line) => line !== '');
  return last === undefined ? null : { text: last, isError: false };
}

/** The last part of a file, from the start of a line; with `same`, only if it is that very file. */
function readTail(path: string | null, same: { dev: number; ino: number } | null): Buffer | null {
  if (path === null || statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return null;
  const fd = openSync(path, 'r');
  try {
    const { size, dev, ino } = fstatSync(fd);
    if (same !== null && (dev !== same.dev || ino !== same.ino)) return null;
    const bytes = Buffer.alloc(Math.min(size, keptLastWordsBytes));
    const read = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    const tail = bytes.subarray(0, read);
    return size > read ? tail.subarray(tail.indexOf(0x0a) + 1) : tail;
  } finally {
    closeSync(fd);
  }
}
