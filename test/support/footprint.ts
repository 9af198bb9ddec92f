import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What a daemon holds of the machine, as the kernel counts it (Linux). */
export type Footprint = {
  readonly rssBytes: number;
  readonly anonymousBytes: number;
  /** Open file descriptors by what they are: a path is cut to its file's name, a socket to `socket`. */
  readonly descriptors: Readonly<Record<string, number>>;
  readonly watches: number;
  readonly threads: number;
  readonly children: number;
  readonly walBytes: number;
};

/** Looks at the daemon with this pid. */
export function footprintOf(pid: number, stateRoot: string): Footprint {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return {
    rssBytes: field('VmRSS') * 1024,
    anonymousBytes: field('RssAnon') * 1024,
    descriptors: descriptorsOf(pid),
    watches: watchesOf(pid),
    threads: field('Threads'),
    children: childrenOf(pid),
    walBytes: statSync(join(stateRoot, 'drover.db-wal'), { throwIfNoEntry: false })?.size ?? 0,
  };
}

/** How many descriptors there are in all. */
export function countDescriptors({ descriptors }: Footprint): number {
  return Object.values(descriptors).reduce((sum, count) => sum + count, 0);
}

/** Processor time that a process has used so far, in milliseconds. */
export function processorMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * msPerTick;
}

/** USER_HZ is 100 on every Linux that Node.js runs on. */
const msPerTick = 10;

function descriptorsOf(pid: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${name}`);
      const kind = target.replace(/^.*\//, '').replace(/:\[\d+\]$/, '');
      counts[kind] = (counts[kind] ?? 0) + 1;
    } catch {
      // closed between the two looks
    }
  }
  return counts;
}

function watchesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fdinfo`)
    .map((name) => readQuietly(`/proc/${pid}/fdinfo/${name}`).split('inotify wd:').length - 1)
    .reduce((sum, count) => sum + count, 0);
}

function childrenOf(pid: number): number {
  return readQuietly(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).length;
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // closed between the two looks
  }
}
