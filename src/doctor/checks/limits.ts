import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type Finding, fine, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';

/** Processes that are looked at for what they watch. */
const maxProcesses = 4000;
/** The daemon takes one instance, and a watch per live run and repository. */
const neededInstances = 4;
const neededWatches = 1000;
const neededFiles = 1024;

/** The kernel's limits on watching and on open files, against what is used. Linux only. */
export async function checkLimits({ world, status }: Situation): Promise<readonly Finding[]> {
  const { proc, machine } = world;
  if (machine.platform !== 'linux') return [];
  const found: Finding[] = [];
  const watches = readNumber(`${proc}/sys/fs/inotify/max_user_watches`);
  const instances = readNumber(`${proc}/sys/fs/inotify/max_user_instances`);
  if (watches !== null && instances !== null) {
    const used = countWatching(proc);
    const shortOf = (name: string, limit: number, inUse: number, wanted: number) => {
      const command = `echo 'fs.inotify.${name} = ${wanted}' | sudo tee -a /etc/sysctl.d/60-drover.conf && sudo sysctl --system`;
      return warning('limits.watching', `Nearly all of fs.inotify.${name} is used: ${inUse} of ${limit}`, {
        detail:
          'drover then looks at regular intervals, which is slower. Editors and agents may fail altogether.',
        command,
      });
    };
    if (instances - used.instances < neededInstances)
      found.push(shortOf('max_user_instances', instances, used.instances, Math.max(512, instances * 2)));
    if (watches - used.watches < neededWatches)
      found.push(shortOf('max_user_watches', watches, used.watches, Math.max(524_288, watches * 2)));
    if (found.length === 0) {
      const inUse = `${used.watches} of ${watches} watches and ${used.instances} of ${instances} instances are used`;
      found.push(fine('limits.watching', `There is room to watch files: ${inUse}`));
    }
  }
  const pid = status?.pid ?? 'self';
  const limit = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/m.exec(
    readText(`${proc}/${pid}/limits`),
  );
  if (limit === null) return found;
  const soft = limit[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit[1]);
  const who = status === null ? 'this command' : 'the daemon';
  if (soft < neededFiles) {
    found.push(
      warning(
        'limits.files',
        `${who === 'the daemon' ? 'The daemon' : 'A process of this shell'} may open only ${soft} files`,
        {
          detail: 'Each live run and each connection takes some; beyond the limit new ones have to wait.',
          command: 'ulimit -n 4096',
        },
      ),
    );
  } else found.push(fine('limits.files', `${soft} files may be open in ${who}`));
  return found;
}

/** What this user's processes watch; those of others are hidden from us and have limits of their own. */
function countWatching(proc: string): { instances: number; watches: number } {
  let instances = 0;
  let watches = 0;
  const pids = namesIn(proc).filter((name) => /^\d+$/.test(name));
  for (const pid of pids.slice(0, maxProcesses)) {
    for (const fd of namesIn(`${proc}/${pid}/fd`)) {
      if (readLink(`${proc}/${pid}/fd/${fd}`) !== 'anon_inode:inotify') continue;
      instances += 1;
      watches += readText(`${proc}/${pid}/fdinfo/${fd}`).split('inotify wd:').length - 1;
    }
  }
  return { instances, watches };
}

function readNumber(path: string): number | null {
  const text = readText(path).trim();
  return /^\d+$/.test(text) ? Number(text) : null;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // not on this kernel, gone, or not for us to see
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // gone, or another user's
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed in this instant
  }
}
