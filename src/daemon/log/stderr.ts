import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

/** One line of the log before it is written somewhere. */
export type LogLine = {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The same as newline JSON. */
  readonly json: string;
};

/** How stderr is written to: for a person, for a program, or for journald with its priorities. */
export type StderrFormat = 'human' | 'json' | 'journal';

/** Human on a terminal, with priorities when stderr is journald's own stream, JSON otherwise. */
export function chooseStderrFormat(env: NodeJS.ProcessEnv, fd = 2): StderrFormat {
  if (isatty(fd)) return 'human';
  const info = fstatSync(fd);
  return env.JOURNAL_STREAM === `${info.dev}:${info.ino}` ? 'journal' : 'json';
}

/** syslog's numbers, as journald reads them from a line's start. */
const priorities: Readonly<Record<string, number>> = { debug: 7, info: 6, warn: 4, error: 3 };

/** One line for stderr. */
export function formatForStderr(line: LogLine, format: StderrFormat): string {
  if (format === 'json') return line.json;
  if (format === 'journal') return `<${priorities[line.level] ?? 6}>${line.json}`;
  const fields = Object.entries(line.fields).map(([key, value]) => ` ${key}=${formatValue(value)}`);
  const text = `${line.time.slice(11, 19)} ${line.level.padEnd(5)} ${line.msg}${fields.join('')}`;
  return `${escapeControls(text)}\n`;
}

function formatValue(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value) return JSON.stringify(value.message);
  return (
    (typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)) ?? 'undefined'
  );
}

/** What an agent or a path says must not steer the terminal. */
function escapeControls(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/**
 * Writes whole lines to stderr and never waits for its reader: a paused terminal or a stuck pipe loses lines instead of
 * stopping the daemon. The file has them all.
 */
export function createStderrWriter(fd = 2): (line: string) => void {
  const out = reopenWithoutWaiting(fd);
  let rest: Buffer = Buffer.alloc(0);
  return (line) => {
    try {
      if (rest.length > 0) rest = rest.subarray(writeSync(out, rest));
      if (rest.length > 0) return;
      const bytes = Buffer.from(line);
      rest = bytes.subarray(writeSync(out, bytes));
    } catch {
      // EAGAIN, EPIPE, EIO: nobody reads
    }
  };
}

/** A description of its own, so that O_NONBLOCK is not forced on others who share ours; not to be had for a socket. */
function reopenWithoutWaiting(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  } catch {
    return fd;
  }
}
