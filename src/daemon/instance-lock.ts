import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError, type Endpoint } from '../contract/index.ts';
import { readEndpoint } from './pid-files.ts';

/** Held for the life of the daemon. */
export type InstanceLock = {
  /** Frees the lock. The kernel does the same when the process dies. */
  readonly close: () => void;
};

export type InstanceLockOptions = {
  readonly stateRoot: string;
  /** Whether the process that an endpoint file tells of still lives; decides only whom the refusal names. */
  readonly isAlive?: (endpoint: Endpoint) => boolean;
};

/**
 * On its way to the lock every starter holds it shared for some microseconds. Without any patience two of them can both
 * give up; with it the first one there outwaits the others, which then find it taken.
 */
export const waitForRivalsMs = 150;

/** Result codes of SQLite (primary part). */
const sqliteBusy = 5;
const sqliteNotADatabase = 26;

/** The lock's file in a state root. Nothing may ever open it but {@link takeInstanceLock}: ADR 0005. */
export function instanceLockPath(stateRoot: string): string {
  return join(stateRoot, 'instance.lock');
}

/**
 * Takes the one lock of a state root, before anything else there is touched: `BEGIN EXCLUSIVE` on a SQLite file that
 * stays empty. Throws `already_running` when another process holds it.
 */
export function takeInstanceLock({ stateRoot, isAlive }: InstanceLockOptions): InstanceLock {
  const path = instanceLockPath(stateRoot);
  let database: DatabaseSync | undefined;
  try {
    database = openPrivately(path);
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    throw refusal(error, { stateRoot, path, isAlive: isAlive ?? isPidAlive });
  }
  const held = database;
  return { close: () => held.close() };
}

/** SQLite would create the file readable by others. Synchronous, so the changed umask is seen by nothing else here. */
function openPrivately(path: string): DatabaseSync {
  const before = process.umask(0o077);
  try {
    return new DatabaseSync(path, { timeout: waitForRivalsMs });
  } finally {
    process.umask(before);
  }
}

type Refused = { stateRoot: string; path: string; isAlive: (endpoint: Endpoint) => boolean };

function refusal(error: unknown, { stateRoot, path, isAlive }: Refused): unknown {
  const resultCode = (error as { errcode?: unknown }).errcode;
  if (typeof resultCode !== 'number') return error;
  switch (resultCode & 0xff) {
    case sqliteBusy: {
      const endpoint = readEndpoint(stateRoot);
      const holder = endpoint !== null && isAlive(endpoint) ? endpoint : null;
      const who =
        holder === null ? 'it is just starting or stopping' : `pid ${holder.pid}, socket ${holder.socket}`;
      return new AppError(
        'already_running',
        `Another drover daemon holds the state root ${stateRoot} (${who})`,
        {
          hint: 'use that one, stop it with `drover daemon stop`, or give this one a --profile or --state-root of its own',
          fields:
            holder === null
              ? {}
              : { pid: holder.pid, socket: holder.socket, instance_id: holder.instance_id },
          cause: error,
        },
      );
    }
    case sqliteNotADatabase: // nobody holds it: a held lock is refused as busy before the content is read
      return new AppError(
        'storage_failed',
        `The lock file ${path} holds something that drover did not write`,
        {
          hint: `no daemon holds it; remove it with: rm ${path}`,
          cause: error,
        },
      );
    default:
      return new AppError(
        'storage_failed',
        `The lock file ${path} cannot be locked: ${(error as Error).message}`,
        {
          hint: 'the state root must be writable and on a file system with locks',
          cause: error,
        },
      );
  }
}

function isPidAlive({ pid }: Endpoint): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
