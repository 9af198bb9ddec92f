import { basename } from 'node:path';
import {
  listProcesses,
  newestPid,
  type ProcessIdentity,
  type ProcessRow,
  readEnvironmentMarks,
} from '../../../base/index.ts';
import { readMeta, runFiles, runMark } from './folder.ts';
import { exists, readIfThere, readWho } from './inspect.ts';
import { findBornSince, readLimitMarks } from './newborn.ts';
import { unitGroups } from './systemd.ts';

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

/** The machine's processes at one look, and what tells whose they are. */
export type Look = {
  readonly byPid: ReadonlyMap<number, ProcessRow>;
  /** Those that may be of a tree: never ourselves nor what we descend from, whatever their environment says. */
  readonly candidates: readonly ProcessRow[];
  readonly marks: Marks;
};

/** By what processes say whose they are: the variable of their environment, and their limit of file locks. */
export type Marks = {
  readonly environment: ReadonlyMap<number, string>;
  readonly limits: ReadonlyMap<number, bigint>;
};
export type ReadMarks = (rows: readonly ProcessRow[]) => Promise<Marks>;

/** Reads the marks that processes carry now. */
export const readMarks: ReadMarks = async (rows) => {
  const pids = rows.map((row) => row.pid);
  return { environment: await readEnvironmentMarks(pids, runMark), limits: await readLimitMarks(pids) };
};

/** Looks once for all of these trees. */
export async function lookFor(trees: readonly Tree[], read: ReadMarks = readMarks): Promise<Look> {
  const byPid = new Map((await listProcesses()).map((row) => [row.pid, row]));
  const ours = new Set<number>([1]);
  for (
    let row = byPid.get(process.pid);
    row !== undefined && !ours.has(row.pid);
    row = byPid.get(row.parentPid)
  ) {
    ours.add(row.pid);
  }
  const first = earliestOf(trees);
  const candidates = [...byPid.values()].filter((row) => !ours.has(row.pid) && mayDescend(row, first));
  return { byPid, candidates, marks: await read(candidates) };
}

/** The processes of a tree, those among them that ended and were not waited for yet. */
export function membersOf(
  tree: Tree,
  { byPid, candidates, marks }: Look,
  inUnit: ReadonlySet<number>,
): readonly ProcessRow[] {
  const others = candidates.filter((row) => mayDescend(row, tree.launcher));
  const members = new Set<number>();
  for (const row of others) {
    const mark = marks.environment.get(row.pid);
    const isLimited = tree.limitMark !== null && marks.limits.get(row.pid) === tree.limitMark;
    if (mark === tree.runId || inUnit.has(row.pid) || isLimited) members.add(row.pid);
    else if (mark === undefined && isOfSession(row, tree, byPid)) members.add(row.pid);
  }
  for (let size = -1; size !== members.size; ) {
    size = members.size;
    for (const row of others) {
      if (members.has(row.parentPid) && (marks.environment.get(row.pid) ?? tree.runId) === tree.runId)
        members.add(row.pid);
    }
  }
  return others.filter((row) => members.has(row.pid));
}

/** The processes of one tree that are alive now, those that were born during the look among them. */
export async function findMembers(tree: Tree): Promise<readonly ProcessRow[]> {
  const newest = newestPid();
  const look = await lookFor([tree]);
  const inUnit = tree.hasUnit ? pidsInUnit(look.candidates, tree.runId) : new Set<number>();
  const members = membersOf(tree, look, inUnit).filter((row) => !row.isZombie);
  const born = tree.limitMark === null ? [] : findBornSince(newest, tree.limitMark);
  const known = new Set([process.pid, ...members.map((row) => row.pid)]);
  return [...members, ...born.filter((row) => !known.has(row.pid))];
}

/** The launcher that was there first; null when one of them is not known. */
function earliestOf(trees: readonly Tree[]): ProcessIdentity | null {
  const launchers = trees.map((tree) => tree.launcher).filter((launcher) => launcher !== null);
  if (launchers.length < trees.length) return null;
  return launchers.reduce<ProcessIdentity | null>(
    (first, launcher) =>
      first === null || Number(launcher.startTime) < Number(first.startTime) ? launcher : first,
    null,
  );
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

/** By the processes, not by the unit: whose launcher is gone may have a group that nobody can name any more. */
function pidsInUnit(rows: readonly ProcessRow[], runId: string): ReadonlySet<number> {
  return new Set(rows.map((row) => row.pid).filter((pid) => unitGroups(pid, runId).length > 0));
}
