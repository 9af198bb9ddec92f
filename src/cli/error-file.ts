import { closeSync, mkdtempSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePrivateFolders, type Paths } from '../base/index.ts';

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
    makePrivateFolders(stateRoot);
    if (!isOurs(stateRoot)) throw new Error('others may write there');
    makePrivateFolders(logs);
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

function isOurs(path: string): boolean {
  const { uid, mode } = statSync(path);
  return uid === process.getuid?.() && (mode & 0o022) === 0;
}

function makeFile(path: string): string {
  closeSync(openSync(path, 'w', 0o600));
  return path;
}
