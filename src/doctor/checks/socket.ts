import { lstatSync, type Stats } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isListening, makePrivateFolders, maxSocketPathBytes } from '../../base/index.ts';
import { type Finding, failure, fine, note, shellWord, warning } from '../finding.ts';
import { closeToOthers, formatMode } from '../modes.ts';
import type { Situation } from '../situation.ts';

/** The socket and its folder, whose mode is the lock on the door. */
export async function checkSocket(situation: Situation): Promise<readonly Finding[]> {
  const { socket, world } = situation;
  const bytes = Buffer.byteLength(socket);
  const most = maxSocketPathBytes(world.machine.platform);
  if (bytes > most) {
    return [
      failure(
        'socket.path',
        `The path of the socket has ${bytes} bytes, and the system takes ${most}: ${socket}`,
        {
          detail: 'Name a shorter one with --socket, $DROVER_SOCKET or socket_path in the configuration.',
        },
      ),
    ];
  }
  return [...checkFolder(situation), ...(await checkFile(situation))];
}

function checkFolder({ socket, world, paths, status, config }: Situation): readonly Finding[] {
  const folder = dirname(socket);
  const { uid } = world.machine;
  // Only a folder of its own is drover's to change: a socket that was named may lie anywhere.
  const isOwn = paths.socketFrom === 'computed' && (config?.socket_path ?? '') === '';
  const info = lstatSync(folder, { throwIfNoEntry: false });
  if (info === undefined) {
    if (status === null)
      return [fine('socket.folder', `The folder of the socket is made at the start: ${folder}`)];
    const remake = async () => {
      makePrivateFolders(folder);
      return `made ${folder}; a restart of the daemon makes its socket anew`;
    };
    return [
      failure('socket.folder', `The folder of the socket is gone: ${folder}`, { fix: isOwn ? remake : null }),
    ];
  }
  const unsafe = (why: string, rest: { command?: string; fix?: () => Promise<string> } = {}) =>
    failure('socket.folder', `The folder of the socket ${folder} ${why}`, {
      detail: 'Its mode is what keeps other users out: the daemon refuses to start there.',
      ...rest,
    });
  if (info.isSymbolicLink()) return [unsafe('is a link')];
  if (!info.isDirectory()) return [unsafe('is not a folder')];
  if (info.uid !== uid) return [unsafe(`belongs to uid ${info.uid}, not to uid ${uid}`)];
  if ((info.mode & 0o077) === 0) return [fine('socket.folder', `${folder} is closed to other users`)];
  const why = `is open to others (mode ${formatMode(info.mode)})`;
  const close = { command: `chmod 700 ${shellWord(folder)}`, fix: () => closeToOthers([folder], uid) };
  if ((info.mode & 0o022) !== 0) return [unsafe(why, isOwn ? close : {})];
  return isOwn ? [warning('socket.folder', `The folder of the socket ${folder} ${why}`, close)] : [];
}

async function checkFile(situation: Situation): Promise<readonly Finding[]> {
  const { socket, world, status, isEndpointAlive, isLeftAsleep, installed, drover } = situation;
  const { uid } = world.machine;
  const info = lstatSync(socket, { throwIfNoEntry: false });
  if (info === undefined) {
    if (!isEndpointAlive) return [];
    return [
      failure('socket.file', `The daemon runs, and its socket is gone: ${socket}`, {
        detail: 'Something cleaned it away. A restart makes it anew; runs go on meanwhile.',
        command: drover('daemon restart'),
      }),
    ];
  }
  if (!info.isSocket() || info.uid !== uid) {
    return [failure('socket.file', `${socket} ${whatIsThere(info, uid)}`, { detail: 'Move it aside.' })];
  }
  if ((info.mode & 0o077) !== 0 && !isLeftAsleep) {
    return [
      warning('socket.file', `The socket ${socket} is open to others (mode ${formatMode(info.mode)})`, {
        command: `chmod 600 ${shellWord(socket)}`,
      }),
    ];
  }
  if (status !== null) return [fine('socket.file', `The daemon answers on ${socket}`)];
  if (isLeftAsleep || isEndpointAlive || installed?.spec?.socketActivation) return [];
  if (await isListening(socket)) return [note('socket.file', `Another program answers on ${socket}`)];
  return [
    note('socket.file', `A dead daemon left its socket: ${socket}`, {
      detail: 'The next start removes it.',
      command: `rm ${shellWord(socket)}`,
      fix: async () => {
        if (await isListening(socket)) return `somebody answers on ${socket} again, so it stays`;
        await rm(socket, { force: true });
        return `removed ${socket}`;
      },
    }),
  ];
}

function whatIsThere(info: Stats, uid: number): string {
  return info.isSocket() ? `belongs to uid ${info.uid}, not to uid ${uid}` : 'is not a socket';
}
