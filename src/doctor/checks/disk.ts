import { lstatSync, realpathSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatBytes, parseBytes } from '../../contract/index.ts';
import { type Finding, failure, fine, note, warning } from '../finding.ts';
import { mountOf } from '../mounts.ts';
import type { Situation } from '../situation.ts';
import type { FileSystem } from '../world.ts';

/** Below this a run's output or a commit of the database may fail at any time. */
const fewBytes = 100 * 2 ** 20;
const lowBytes = 2 ** 30;
const fewFiles = 1000;
const lowFiles = 10_000;

/** SQLite's locks and its shared memory do not work, or not for sure, over these. */
const foreignTypes =
  /^(nfs\d?|9p|drvfs|cifs|smb\d?|smbfs|fuse\.sshfs|vboxsf|virtiofs|afs|ceph|lustre|fuse\.s3fs)$/;
const passingTypes = /^(tmpfs|ramfs)$/;

/** Space and kind of the file systems that drover writes to, and whether the limits of the configuration fit. */
export async function checkDisk(situation: Situation): Promise<readonly Finding[]> {
  const { paths, world } = situation;
  const place = nearestFolder(paths.stateRoot);
  const state = await world.fileSystem(place);
  const kind = judgeKind(world.proc, place);
  return [
    ...judgeSpace('state', place, state),
    ...kind,
    ...(await judgeTemporary(situation)),
    ...judgeRetention(situation, state),
    ...(await judgeLogs(situation)),
  ];
}

function judgeSpace(name: 'state' | 'tmp', path: string, at: FileSystem): readonly Finding[] {
  const free = at.bavail * at.bsize;
  const where = `The file system of ${path}`;
  const look = { command: `df -h ${path}; df -i ${path}` };
  if (free < fewBytes) return [failure(`disk.${name}`, `${where} is full: ${formatBytes(free)} left`, look)];
  if (at.files > 0 && at.ffree < fewFiles)
    return [failure(`disk.${name}`, `${where} has no room for more files: ${at.ffree} inodes left`, look)];
  if (free < lowBytes)
    return [warning(`disk.${name}`, `${where} is nearly full: ${formatBytes(free)} left`, look)];
  if (at.files > 0 && at.ffree < lowFiles)
    return [warning(`disk.${name}`, `${where} has room for few more files: ${at.ffree} inodes left`, look)];
  return [fine(`disk.${name}`, `${formatBytes(free)} are free for ${path}`)];
}

function judgeKind(proc: string, path: string): readonly Finding[] {
  const mount = mountOf(proc, path);
  if (mount === null) return [];
  const found: Finding[] = [];
  if (mount.isReadOnly)
    found.push(failure('disk.writable', `The state root is on a read-only file system: ${mount.point}`));
  if (foreignTypes.test(mount.type)) {
    found.push(
      warning(
        'disk.kind',
        `The state root is on a file system that databases should not be on (${mount.type})`,
        {
          detail:
            'Its locks may not hold, and a crash may cost the database. Put the state on a local disk with --state-root or $DROVER_STATE_ROOT.',
        },
      ),
    );
  } else if (passingTypes.test(mount.type)) {
    found.push(
      warning(
        'disk.kind',
        `The state root is kept in memory (${mount.type}): a restart of the machine empties it`,
      ),
    );
  } else if (mount.type === 'overlay') {
    found.push(
      note('disk.kind', 'The state root is in the layer of a container: it goes with the container'),
    );
  }
  return found;
}

async function judgeTemporary({ world }: Situation): Promise<readonly Finding[]> {
  const tmp = await world.fileSystem(world.tmp).catch(() => null);
  if (tmp === null) {
    return [warning('disk.tmp', `The folder for temporary files cannot be looked at: ${world.tmp}`)];
  }
  if (mountOf(world.proc, world.tmp)?.isReadOnly) {
    return [failure('disk.tmp', `The folder for temporary files is read-only: ${world.tmp}`)];
  }
  return judgeSpace('tmp', world.tmp, tmp).filter(({ severity }) => severity !== 'ok');
}

/** A limit that the disk cannot reach keeps nobody from filling it. */
function judgeRetention({ config, store }: Situation, at: FileSystem): readonly Finding[] {
  if (config === null) return [];
  const limit = parseBytes(config.retention_bytes);
  const room = at.bavail * at.bsize + (store?.endedOutputBytes ?? 0);
  if (limit === 0 && config.retention_days === 0) {
    return [
      note('disk.retention', 'Finished runs are kept for ever: retention_days and retention_bytes are 0', {
        detail: 'The disk fills one day.',
      }),
    ];
  }
  if (limit <= room) return [];
  return [
    warning(
      'disk.retention',
      `Finished runs may take ${config.retention_bytes}, and there is room for ${formatBytes(room)}`,
      { detail: 'The disk is full before the oldest runs are removed. Set a smaller retention_bytes.' },
    ),
  ];
}

/** What rotation keeps, and a little: it removes files when it begins the next one. */
async function judgeLogs({ paths, config, drover }: Situation): Promise<readonly Finding[]> {
  const limit = parseBytes(config?.log.max_bytes ?? '0');
  let bytes = 0;
  const entries = await opendir(paths.logs).catch(() => null);
  if (entries === null) return [];
  for await (const { name } of entries)
    bytes += lstatSync(join(paths.logs, name), { throwIfNoEntry: false })?.size ?? 0;
  if (limit > 0 && bytes > limit * 1.5) {
    return [
      warning(
        'disk.logs',
        `The log files hold ${formatBytes(bytes)}, more than log.max_bytes (${config?.log.max_bytes})`,
        {
          detail: `Files that drover did not name are never removed by it: look into ${paths.logs}.`,
          command: drover('daemon restart'),
        },
      ),
    ];
  }
  return [fine('disk.logs', `The log files hold ${formatBytes(bytes)}`)];
}

/** The folder that a path lies in, which may not be there yet; links followed. */
function nearestFolder(path: string): string {
  for (let current = path; ; current = dirname(current)) {
    try {
      return realpathSync(current);
    } catch {
      if (current === dirname(current)) return '/'; // not even the root: never
    }
  }
}
