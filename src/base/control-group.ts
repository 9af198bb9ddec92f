import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readKernelText } from './kernel-text.ts';

/** Where a process stands in one hierarchy of control groups. */
export type ControlGroup = {
  /** `memory`, `cpuacct`…; none in the unified hierarchy (version 2). */
  readonly controllers: readonly string[];
  readonly path: string;
};

/** What a control group has taken and takes, those below it included; null for what no controller counts. */
export type GroupUsage = {
  /** Since the group was made, of processes that ended too. */
  readonly cpuMs: number | null;
  /** Anonymous and mapped memory, each page once; not the cache of files that were only read. */
  readonly residentBytes: number | null;
};

const mountPoint = '/sys/fs/cgroup';
/** Groups inside a group are as deep as a program makes them; deeper ones are not looked into. */
const maxDepth = 8;

/** The control groups of a process, one in each hierarchy; none where the system has no such thing. */
export function readControlGroups(pid: number): readonly ControlGroup[] {
  if (process.platform !== 'linux') return [];
  return parseControlGroups(readKernelText(`/proc/${pid}/cgroup`));
}

/** Parses `/proc/<pid>/cgroup`: a number, controllers and a path, of which the last may hold colons. */
export function parseControlGroups(text: string): readonly ControlGroup[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, controllers = '', ...path] = line.split(':');
      return { controllers: controllers.split(',').filter((name) => name !== ''), path: path.join(':') };
    });
}

/** What the group that these places name takes, from whichever hierarchy counts it. */
export async function readGroupUsage(
  groups: readonly ControlGroup[],
  root: string = mountPoint,
): Promise<GroupUsage> {
  let usage: GroupUsage = { cpuMs: null, residentBytes: null };
  for (const group of groups) {
    const folder = await folderOf(group, root);
    const read = (name: string) => readIfThere(join(folder, name));
    const found = group.controllers.length === 0 ? await readUnified(read) : await readLegacy(read);
    usage = {
      cpuMs: found.cpuMs ?? usage.cpuMs,
      residentBytes: found.residentBytes ?? usage.residentBytes,
    };
  }
  return usage;
}

/** The processes in the group and below it. */
export async function listGroup(
  groups: readonly ControlGroup[],
  root: string = mountPoint,
): Promise<ReadonlySet<number>> {
  const pids = new Set<number>();
  const walk = async (folder: string, depth: number): Promise<void> => {
    for (const line of ((await readIfThere(join(folder, 'cgroup.procs'))) ?? '').split('\n'))
      if (line !== '') pids.add(Number(line));
    if (depth === maxDepth) return;
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []); // gone with its last process
    for (const entry of entries) if (entry.isDirectory()) await walk(join(folder, entry.name), depth + 1);
  };
  for (const group of groups) await walk(await folderOf(group, root), 0);
  return pids;
}

async function readUnified(read: (name: string) => Promise<string | null>): Promise<GroupUsage> {
  const [cpu, memory] = await Promise.all([read('cpu.stat'), read('memory.stat')]);
  const micros = fieldOf(cpu, 'usage_usec');
  return {
    cpuMs: micros === null ? null : micros / 1000,
    residentBytes: sumOf(fieldOf(memory, 'anon'), fieldOf(memory, 'file_mapped')),
  };
}

async function readLegacy(read: (name: string) => Promise<string | null>): Promise<GroupUsage> {
  const [nanos, memory] = await Promise.all([read('cpuacct.usage'), read('memory.stat')]);
  return {
    cpuMs: nanos === null ? null : Number(nanos) / 1e6,
    residentBytes: sumOf(fieldOf(memory, 'total_rss'), fieldOf(memory, 'total_mapped_file')),
  };
}

/** A number after a name at the start of a line. */
function fieldOf(text: string | null, name: string): number | null {
  const value = new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1];
  return value === undefined ? null : Number(value);
}

function sumOf(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one + other;
}

/** Version 2 alone is mounted at the root, beside version 1 in `unified`; version 1 has a folder for each controller. */
async function folderOf({ controllers, path }: ControlGroup, root: string): Promise<string> {
  const [controller] = controllers;
  if (controller !== undefined) return join(root, controller.replace(/^name=/, ''), path);
  const isAlone = (await readIfThere(join(root, 'cgroup.controllers'))) !== null;
  return join(root, isAlone ? '' : 'unified', path);
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null; // no such controller, ended meanwhile, or another user's: there is nothing to learn
  }
}
