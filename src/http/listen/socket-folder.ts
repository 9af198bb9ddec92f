import { lstatSync, mkdirSync, type Stats, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../../contract/index.ts';

/** Bytes of a socket's path that the operating system takes: `sun_path` without its end mark. */
export const maxSocketPathBytes = process.platform === 'linux' ? 107 : 103;

/** Throws `socket_path_too_long` for a path that the kernel would cut or refuse. */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= maxSocketPathBytes) return;
  throw new AppError(
    'socket_path_too_long',
    `The socket path '${path}' has ${bytes} bytes; ${maxSocketPathBytes} is the limit`,
    { hint: 'choose a shorter one with --socket or socket_path' },
  );
}

/**
 * Makes the folder of the socket with mode 0700 where it is missing, and refuses an unsafe one: its mode is the lock on
 * the door, because Node cannot ask a peer who it is.
 */
export function prepareSocketFolder(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
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
