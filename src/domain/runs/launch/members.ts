import { basename } from 'node:path';
import {
  listProcesses,
  newestPid,
  type ProcessIdentity,
  type ProcessRow,
  readControlGroups,
  readEnvironmentMarks,
} from '../../../base/index.ts';
import { readMeta, runFiles, runMark } from './folder.ts';
import { exists, readIfThere, readWho } from './inspect.ts';
import { findBornSince, pidsWithLimit } from './newborn.ts';
import { unitName } from './systemd.ts';

/** What a run's tree was known by, when its launcher was written down. */
export type Tree = {
  readonly folder: string;
  readonly runId: string;
  readonly launcher: ProcessIdentity | null;
  readonly agent: ProcessIdentity | null;
  readonly hasUnit: boolean;
  /** The run's limit of file locks; null in a folder of before there was one. */
  readonly limitMark: bigint | null;
};

/** The processes of the run that are alive now, its launcher included. */
export async function listTree(folder: string): Promise<readonly ProcessRow[]> {
  return findMembers(await readTree(folder));
}

/** A folder that was removed or spoilt by hand still tells by its name whose processes to look for. */
export async function readTree(folder: string): Promise<Tree> {
  const meta = await readMeta(folder).catch(() => null);
  const [launcher, agent, hasUnit, mark] = await Promise.all([
    readWho(folder, runFiles.launcher),
    readWho(folder, runFiles.agent),
    exists(folder, runFiles.unit),
    readIfThere(folder, runFiles.mark),
  ]);
  return {
    folder,
    runId: meta?.runId ?? basename(folder),
    launcher,
    agent,
    hasUnit: hasUnit || meta === null,
    limitMark: mark !== null && /^\d+\n$/.test(mark) ? BigInt(mark.trim()) : null,
  };
}

/** Never ourselves nor what we descend from, whatever its environment says. */
export async function findMembers(tree: Tree): Promise<readonly ProcessRow[]> {
  const newest = newestPid();
  const rows = (await listProcesses()).filter((row) => !row.isZombie);
  const byPid = new Map(rows.map((row) => [row.pid, row]));
  const ours = new Set<number>([1]);
  for (
    let row = byPid.get(process.pid);
    row !== undefined && !ours.has(row.pid);
    row = byPid.get(row.parentPid)
  ) {
    ours.add(row.pid);
  }
  const others = rows.filter((row) => !ours.has(row.pid) && mayDescend(row, tree.launcher));
  const pids = others.map((row) => row.pid);
  const marks = await readEnvironmentMarks(pids, runMark);
  const { limitMark } = tree;
  const limited = limitMark === null ? new Set<number>() : await pidsWithLimit(pids, limitMark);
  const inUnit = tree.hasUnit ? pidsInUnit(pids, tree.runId) : new Set<number>();
  const members = new Set<number>();
  for (const row of others) {
    const mark = marks.get(row.pid);
    if (mark === tree.runId || inUnit.has(row.pid) || limited.has(row.pid)) members.add(row.pid);
    else if (mark === undefined && isOfSession(row, tree, byPid)) members.add(row.pid);
  }
  for (let size = -1; size !== members.size; ) {
    size = members.size;
    for (const row of others) {
      if (members.has(row.parentPid) && (marks.get(row.pid) ?? tree.runId) === tree.runId)
        members.add(row.pid);
    }
  }
  const born = limitMark === null ? [] : findBornSince(newest, limitMark);
  return [
    ...others.filter((row) => members.has(row.pid)),
    ...born.filter((row) => !members.has(row.pid) && !ours.has(row.pid)),
  ];
}

/** False for what was there before the launcher: most of the machine, whose environments need not be read then. */
function mayDescend(row: ProcessRow, launcher: ProcessIdentity | null): boolean {
  const isTicks = /^\d+$/.test(row.startTime); // Linux; elsewhere it is a date for people
  return launcher === null || !isTicks || Number(row.startTime) >= Number(launcher.startTime);
}

function isOfSession(row: ProcessRow, tree: Tree, byPid: ReadonlyMap<number, ProcessRow>): boolean {
  for (const root of [tree.launcher, tree.agent]) {
    if (root === null) continue;
    if (row.pid === root.pid) {
      if (row.startTime === root.startTime) return true;
      continue;
    }
    if (row.sessionId !== root.pid && row.groupId !== root.pid) continue;
    // A pid is not given away while it names a session or a group: if another process has it now, ours are gone.
    const holder = byPid.get(root.pid);
    if (holder === undefined || holder.startTime === root.startTime) return true;
  }
  return false;
}

function pidsInUnit(pids: readonly number[], runId: string): ReadonlySet<number> {
  const part = `/${unitName(runId)}.service`;
  const found = new Set<number>();
  for (const pid of pids) {
    const groups = readControlGroups(pid);
    if (groups.some((group) => `${group}/`.includes(`${part}/`))) found.add(pid);
  }
  return found;
}
