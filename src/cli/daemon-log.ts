import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../base/index.ts';

/** Up to where the log was read. */
export type LogPosition = { readonly file: string | null; readonly offset: number };

const pollMs = 250;
const chunkBytes = 1 << 16;

/** The last `tail` lines of all log files together, oldest first; 0 = all. */
export function lastLinesOfDaemonLog(
  folder: string,
  tail: number,
): { lines: string[]; position: LogPosition } {
  const files = logFiles(folder);
  let lines: string[] = [];
  let position: LogPosition = { file: null, offset: 0 };
  for (const file of files.toReversed()) {
    const content = readFileSync(join(folder, file));
    const end = content.lastIndexOf(0x0a) + 1;
    if (position.file === null) position = { file, offset: end };
    lines = [...content.subarray(0, end).toString('utf8').split('\n').slice(0, -1), ...lines];
    if (tail > 0 && lines.length >= tail) break;
  }
  return { lines: tail === 0 ? lines : lines.slice(-tail), position };
}

export type FollowLog = {
  readonly folder: string;
  readonly position: LogPosition;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly show: (line: string) => void;
};

/** Shows each whole line that is added, also in the files that rotation begins, until the signal. */
export async function followDaemonLog(options: FollowLog): Promise<void> {
  const { folder, clock, signal, show } = options;
  let { file, offset } = options.position;
  let rest = '';
  let decoder = new StringDecoder('utf8');
  while (!signal.aborted) {
    const files = logFiles(folder);
    file ??= files[0] ?? null;
    if (file !== null) {
      const { text, end } = readFrom(join(folder, file), offset, decoder);
      offset = end;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) show(line);
      const next = files[files.indexOf(file) + 1];
      if (text === '' && next !== undefined) {
        file = next;
        offset = 0;
        rest = '';
        decoder = new StringDecoder('utf8');
        continue;
      }
    }
    await clock.sleep(pollMs, signal).catch(() => {}); // aborted: the loop ends
  }
}

function readFrom(path: string, offset: number, decoder: StringDecoder): { text: string; end: number } {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? offset;
  if (size <= offset) return { text: '', end: offset };
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(chunkBytes, size - offset));
    const count = readSync(fd, buffer, 0, buffer.length, offset);
    return { text: decoder.write(buffer.subarray(0, count)), end: offset + count };
  } finally {
    closeSync(fd);
  }
}

/** Names of the log files, oldest first: by day, then by number within a day. */
function logFiles(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return []; // no folder: no daemon ever ran here
  }
  const key = (name: string): [string, number] => {
    const match = /^daemon-(\d{4}-\d{2}-\d{2})(?:[.-](\d+))?\.log$/.exec(name);
    return [match?.[1] ?? '', Number(match?.[2] ?? 0)];
  };
  return names
    .filter((name) => key(name)[0] !== '')
    .sort((a, b) => key(a)[0].localeCompare(key(b)[0]) || key(a)[1] - key(b)[1]);
}
