import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Log, type LogFields, silentLog, systemClock } from '../../src/base/index.ts';
import { type ClaimedSignal, createInbox, type InboxOptions } from '../../src/domain/signals/index.ts';

export const drover = '.drover/signals';

/** A log that keeps its warnings and errors. */
export function keepingLog() {
  const said: (readonly [string, LogFields])[] = [];
  const keep = (message: string, fields: LogFields = {}) => void said.push([message, fields]);
  const log: Log = { ...silentLog, warn: keep, error: keep };
  return { log, said };
}

/** A checkout with a signal folder, an inbox, and what a test does with them. */
export function signalWorld(test: Pick<Test, 'testdir'>, options: Partial<InboxOptions> = {}) {
  const base = realpathSync(test.testdir({ root: { '.drover': { signals: { staging: {} } } }, outside: {} }));
  const root = join(base, 'root');
  const { log, said } = keepingLog();
  const open = (more: Partial<InboxOptions> = {}) =>
    createInbox({ clock: systemClock, log, findTracked: async () => [], ...options, ...more });
  return { base, root, log, said, open, inbox: open(), ...folderOf(root) };
}

/** What a test does with one signal folder. */
export function folderOf(root: string, folder = drover) {
  const at = (path = '') => join(root, folder, path);
  const namesIn = (path = '') => {
    try {
      return readdirSync(at(path)).sort();
    } catch {
      return [];
    }
  };
  return {
    at,
    namesIn,
    /** Writes a signal as an agent should; `age` in seconds, when the order matters. */
    put: (name: string, body: string | Buffer = '', age?: number) => {
      mkdirSync(at('staging'), { recursive: true });
      writeFileSync(at('staging/new'), body);
      const time = Date.now() / 1000 - (age ?? 0);
      if (age !== undefined) utimesSync(at('staging/new'), time, time);
      renameSync(at('staging/new'), at(name));
    },
    /** What was put away, with its reason without the time. */
    failed: () => {
      const names = namesIn('failed');
      const subjects = names.filter(
        (name) => !(name.endsWith('.reason') && names.includes(name.slice(0, -'.reason'.length))),
      );
      return Object.fromEntries(subjects.map((name) => [name, reasonOf(at(`failed/${name}.reason`))]));
    },
  };
}

/** The reason in a file without its time, or what is wrong with the file. */
export function reasonOf(path: string): string {
  try {
    if (!lstatSync(path).isFile()) return 'the reason is not a file';
    const line = readFileSync(path, 'utf8');
    return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ([^\n]+)\n$/.exec(line)?.[1] ?? `malformed: ${line}`;
  } catch (error) {
    return `no reason: ${String(error)}`;
  }
}

/** What was claimed, in a word each. */
export function namesOf(signals: readonly ClaimedSignal[]): string[] {
  return signals.map(({ file }) => file.slice(27));
}

/** Every path below a folder, with what is in the files. */
export function treeOf(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    paths.map((path) => {
      const info = lstatSync(join(folder, path));
      return [
        path,
        info.isFile() ? readFileSync(join(folder, path), 'utf8') : info.isDirectory() ? '/' : '@',
      ];
    }),
  );
}
