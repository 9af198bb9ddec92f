import { fstatSync, lstatSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname } from 'node:path';
import { AppError } from '../../contract/index.ts';
import { checkSocketFolder } from './socket-folder.ts';

/** `__SO_ACCEPTCON` in the flags of /proc/net/unix: the socket listens. */
const listens = 0x10000;

/**
 * Listens on a Unix socket that a service manager opened and still holds (sd_listen_fds(3)): never bound again, never
 * unlinked, so that a connection made while nobody accepts waits for the next daemon. Throws `address_invalid` when it is
 * not a listening stream socket at `path`, and `socket_dir_unsafe` when others may connect to it.
 */
export async function listenOnInherited(server: Server, fd: number, path: string): Promise<void> {
  const found = listenerPath(fd);
  if (found === null) {
    throw wrong(`Descriptor ${fd}, which the service manager handed over, is not a listening Unix socket`);
  }
  if (found !== path) {
    throw wrong(`The service manager listens on '${found}', and the daemon's socket is '${path}'`);
  }
  checkSocketFolder(path);
  const mayEnter = (lstatSync(dirname(path)).mode & 0o011) !== 0;
  if (mayEnter && (lstatSync(path).mode & 0o022) !== 0) {
    throw new AppError('socket_dir_unsafe', `Others may connect to the socket '${path}'`, {
      hint: 'its unit needs SocketMode=0600: drover install-service writes a right one',
    });
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Where the socket listens; null for anything that is not a listening Unix stream socket with a path. */
function listenerPath(fd: number): string | null {
  try {
    const { ino } = fstatSync(fd, { bigint: true });
    for (const line of readFileSync('/proc/net/unix', 'utf8').split('\n').slice(1)) {
      const [, , , flags, type, , inode, ...path] = line.trim().split(/ +/);
      if (inode !== String(ino)) continue;
      const isListening = type === '0001' && (Number.parseInt(flags ?? '0', 16) & listens) !== 0;
      return isListening && path.length > 0 ? path.join(' ') : null;
    }
  } catch {
    // no such descriptor, or no Linux
  }
  return null;
}

function wrong(message: string): AppError {
  return new AppError('address_invalid', message, {
    hint: 'write the units anew: drover install-service --socket-activation',
  });
}
