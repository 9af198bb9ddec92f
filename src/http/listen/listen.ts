import { lstatSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '../../contract/index.ts';
import type { BoundAddress } from '../guard/index.ts';
import { checkSocketPath, prepareSocketFolder, removeStaleSocket } from './socket-folder.ts';
import { refuseTakenSocket } from './socket-owner.ts';

/** Connections that may wait to be accepted. */
export const backlog = 511;

/** A socket that this process made: `inode` tells it from one that took its place. */
export type BoundSocket = { readonly path: string; readonly inode: bigint };

/**
 * Listens on a Unix socket. In order: the path fits; the folder is ours alone; nobody answers there; the file of a dead
 * daemon is removed; bind under a umask that leaves 0600; look that the mode is 0600.
 */
export async function listenOnSocket(server: Server, path: string): Promise<BoundSocket> {
  checkSocketPath(path);
  prepareSocketFolder(path);
  await refuseTakenSocket(path);
  removeStaleSocket(path);
  await listening(server, () => bindPrivately(server, path), `The socket '${path}' cannot be made`);
  const made = lstatSync(path, { bigint: true });
  if ((made.mode & 0o777n) !== 0o600n) {
    server.close();
    throw new AppError('socket_dir_unsafe', `The socket '${path}' was made with a mode wider than 0600`);
  }
  return { path, inode: made.ino };
}

/** Listens on TCP; port 0 takes a free one. */
export async function listenOnTcp(server: Server, address: BoundAddress): Promise<BoundAddress> {
  const { host, port } = address;
  await listening(server, () => server.listen({ host, port, backlog }), `Cannot listen on ${host}:${port}`);
  return { host, port: (server.address() as AddressInfo).port };
}

/** True while the path still leads to the socket that we made. */
export function isStillOurs(socket: BoundSocket): boolean {
  return lstatSync(socket.path, { bigint: true, throwIfNoEntry: false })?.ino === socket.inode;
}

/** The bind is done when `listen` returns, so nothing else is ever made under this umask. */
function bindPrivately(server: Server, path: string): void {
  const umask = process.umask(0o177);
  try {
    server.listen({ path, backlog });
  } finally {
    process.umask(umask);
  }
}

function listening(server: Server, start: () => void, message: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE' ? inUse(message) : badAddress(message, cause));
    };
    server.once('error', fail);
    server.once('listening', () => {
      server.off('error', fail);
      resolve();
    });
    start();
  });
}

function inUse(message: string): AppError {
  return new AppError('address_in_use', message, {
    hint: 'stop the program that has it, or choose another address',
  });
}

function badAddress(message: string, cause: NodeJS.ErrnoException): AppError {
  return new AppError('address_invalid', `${message} (${cause.code ?? cause.message})`, {
    cause,
    hint: 'check the address in the configuration',
  });
}
