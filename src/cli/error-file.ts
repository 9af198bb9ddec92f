import { closeSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Paths } from '../base/index.ts';

/** Where the stderr of a daemon that is being started goes. */
export type ErrorFile = {
  readonly path: string;
  /** Keeps it as `daemon.stderr` beside the logs, for the trace of a later crash. */
  readonly keep: () => void;
  /** Removes what was not kept. */
  readonly close: () => void;
};

/**
 * Makes the file beside the logs; in a temporary folder where the state root is not one that this user's daemon would
 * take. Nothing is written into that one: the daemon itself says what is wrong with it.
 */
export function openErrorFile({ stateRoot, logs }: Paths): ErrorFile {
  const name = `.stderr-${process.pid}`;
  try {
    makeFolder(stateRoot);
    if (!isOurs(stateRoot)) throw new Error('others may write there');
    makeFolder(logs);
    if (!isOurs(logs)) throw new Error('others may write there');
    const path = makeFile(join(logs, name));
    return {
      path,
      keep: () => renameSync(path, join(logs, 'daemon.stderr')),
      close: () => rmSync(path, { force: true }),
    };
  } catch {
    const folder = mkdtempSync(join(tmpdir(), 'drover-start-'));
    const path = makeFile(join(folder, name));
    return { path, keep: () => {}, close: () => rmSync(folder, { recursive: true, force: true }) };
  }
}

/** Not mkdir's `recursive`: that never returns where a parent exists but takes no folder, as `/proc` (Node 24). */
function makeFolder(path: string): void {
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (isThere) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

function isOurs(path: string): boolean {
  const { uid, mode } = statSync(path);
  return uid === process.getuid?.() && (mode & 0o022) === 0;
}

function makeFile(path: string): string {
  closeSync(openSync(path, 'w', 0o600));
  return path;
}
