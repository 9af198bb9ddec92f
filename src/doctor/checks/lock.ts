import { readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type Finding, failure, fine, note, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';

/** Who holds the state root, and whether the files that tell of the daemon agree. The lock itself is never opened. */
export async function checkLock(situation: Situation): Promise<readonly Finding[]> {
  const { paths, status, endpoint, isEndpointAlive, world, drover } = situation;
  const holder = lockHolder(world.proc, paths.instanceLock);
  const pid = readPid(paths.pidFile);
  const known = status?.pid ?? (isEndpointAlive ? endpoint?.pid : undefined) ?? null;
  const found: Finding[] = [];
  if (holder !== null && known !== null && holder !== known && status?.state_root === paths.stateRoot) {
    found.push(
      failure(
        'lock.holder',
        `Process ${holder} holds the state root, and the daemon that answers is ${known}`,
        {
          command: drover('daemon restart'),
        },
      ),
    );
  } else if (holder !== null && known === null) {
    found.push(
      warning('lock.holder', `Process ${holder} holds the state root and is not known as a daemon`, {
        detail: 'It is just starting or stopping, or its endpoint file was removed. Look again in a minute.',
        command: `ps -fp ${holder}`,
      }),
    );
  } else if (holder !== null)
    found.push(fine('lock.holder', `The daemon (pid ${holder}) holds the state root`));

  if (known === null && holder === null && (endpoint !== null || pid !== null)) {
    found.push(
      note('lock.left', 'A dead daemon left its endpoint file or its PID file', {
        detail: 'The next start writes them anew.',
        fix: async () => {
          if (lockHolder(world.proc, paths.instanceLock) !== null)
            return 'a daemon has started, so they stay';
          await rm(paths.endpointFile, { force: true });
          await rm(paths.pidFile, { force: true });
          return `removed ${paths.endpointFile} and ${paths.pidFile}`;
        },
      }),
    );
  }
  if (known !== null && status?.state_root === paths.stateRoot && pid !== known) {
    const says = pid === null ? 'is missing or holds no number' : `says ${pid}`;
    found.push(
      warning('lock.pid', `The PID file ${paths.pidFile} ${says}, and the daemon is ${known}`, {
        command: drover('daemon restart'),
      }),
    );
  }
  return found;
}

/** The process that holds a lock on the file, as the kernel lists it; null when none does or that cannot be told. */
export function lockHolder(proc: string, path: string): number | null {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) return null;
  let text: string;
  try {
    text = readFileSync(`${proc}/locks`, 'latin1');
  } catch {
    return null; // not Linux
  }
  for (const line of text.split('\n')) {
    const match = /^\d+: POSIX +\S+ +WRITE +(\d+) +([0-9a-f]+:[0-9a-f]+:\d+) /.exec(line);
    if (match?.[2] === `${deviceOf(info.dev)}:${info.ino}` && Number(match[1]) > 0) return Number(match[1]);
  }
  return null;
}

/** A device as the kernel writes it: `fe:00`. Some file systems show another one there, and then nothing is told. */
export function deviceOf(device: number): string {
  const hex = (number: number) => number.toString(16).padStart(2, '0');
  return `${hex((device >> 8) & 0xfff)}:${hex((device & 0xff) | ((device >> 12) & 0xfff00))}`;
}

function readPid(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'latin1').slice(0, 32).trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null; // no daemon has written one
  }
}
