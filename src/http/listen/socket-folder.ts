import { lstatSync, type Stats, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { makePrivateFolders, maxSocketPathBytes } from '../../base/index.ts';
import { AppError } from '../../contract/index.ts';

/** Throws `socket_path_too_long` for a path that the kernel would cut or refuse. */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  const limit = maxSocketPathBytes(process.platform);
  if (bytes <= limit) return;
  throw new AppError(
    'socket_path_too_long',
    `The socket path '${path}' has ${bytes} bytes; ${limit} is the limit`,
    { hint: 'choose a shorter one with --socket or socket_path' },
  );
}

/**
 * Makes the folder of the socket with mode 0700 where it is missing, and refuses an unsafe one: its mode is the lock on
 * the door, because Node cannot ask a peer who it is.
 */
export function prepareSocketFolder(path: string): void {
  const folder = dirname(path);
  try {
    makePrivateFolders(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new AppError('address_invalid', `The folder of the socket '${folder}' cannot be made (${code})`, {
      cause,
      hint: 'choose another one with --socket or socket_path',
    });
  }
  checkSocketFolder(path);
}

/** Refuses a folder that is a link, belongs to someone else or can be written by others. */
export function checkSocketFolder(path: string): void {
  const folder = dirname(path);
  const found = lstatSync(folder);
  const wrong = whatIsWrong(found);
  if (wrong === null) return;
  throw new AppError('socket_dir_unsafe', `The folder of the socket '${folder}' ${wrong}`, {
    hint: `run chmod 700 on it, or choose another with --socket`,
  });
}

/** Removes the socket of a daemon that is dead: the caller holds the instance lock, so no live one of ours is there. */
export function removeStaleSocket(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket() || !isOurs(found)) {
    throw new AppError('address_in_use', `'${path}' exists and is not a socket of yours`, {
      hint: 'move it aside, or choose another path with --socket',
    });
  }
  unlinkSync(path);
}

function whatIsWrong(found: Stats): string | null {
  if (found.isSymbolicLink()) return 'is a link';
  if (!found.isDirectory()) return 'is not a folder';
  if (!isOurs(found)) return 'belongs to another user';
  if ((found.mode & 0o022) !== 0) return 'can be written by other users';
  return null;
}

function isOurs(found: Stats): boolean {
  return process.getuid === undefined || found.uid === process.getuid();
}
