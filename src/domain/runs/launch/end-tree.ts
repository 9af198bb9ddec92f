import { basename } from 'node:path';
import {
  type Clock,
  isAlive,
  listProcesses,
  type ProcessIdentity,
  type ProcessRow,
  readControlGroups,
  readEnvironmentMarks,
  readProcess,
} from '../../../base/index.ts';
import { readMeta, runFiles, runMark } from './folder.ts';
import { signalIfThere } from './input.ts';
import { exists, isOfEarlierBoot, readWho } from './inspect.ts';
import { systemctl, unitName } from './systemd.ts';

/** Pause between two looks at a tree that is ending. */
const pollMs = { first: 5, longest: 100 };
/** After this many rounds of killing one by one, a tree that forks faster than we look is killed by group. */
const roundsOneByOne = 3;
/** How long the launcher gets to write down the end of an agent that was killed. */
const recordMs = 2_000;

export type EndTreeOptions = {
  readonly clock: Clock;
  /** Between TERM and KILL. 0 kills at once. */
  readonly graceMs: number;
  /** For everything; on expiry what is left is returned. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
};

/** What a run's tree was known by, when its launcher was written down. */
type Tree = {
  readonly folder: string;
  readonly runId: string;
  readonly launcher: ProcessIdentity | null;
  readonly agent: ProcessIdentity | null;
  readonly hasUnit: boolean;
};

/**
 * Ends every process of the run: TERM, the grace, KILL, until none is left. Members are the launcher's session, the
 * run's control group, all that carry the run's mark in their environment, and the descendants of these. The launcher
 * goes last, so that the exit is on record. Resolves with the pids still there at the deadline: none, if all went well.
 */
export async function endTree(
  folder: string,
  options: EndTreeOptions,
): Promise<{ readonly survivors: number[] }> {
  const { clock, graceMs, timeoutMs, signal } = options;
  const tree = await readTree(folder);
  if (tree.launcher !== null && (await isOfEarlierBoot(tree.launcher))) return { survivors: [] };
  const deadline = clock.monotonic() + timeoutMs;
  const rest = async () => withoutLauncher(await findMembers(tree), tree);
  const waitUntilEmpty = async (untilMs: number) => {
    for (let waitMs = pollMs.first; ; waitMs = Math.min(waitMs * 2, pollMs.longest)) {
      const members = await rest();
      if (members.length === 0 || clock.monotonic() >= untilMs) return members;
      await clock.sleep(waitMs, signal);
    }
  };

  let members = await rest();
  if (graceMs > 0 && members.length > 0) {
    for (const member of members) await signalRow(member, 'SIGTERM');
    members = await waitUntilEmpty(Math.min(deadline, clock.monotonic() + graceMs));
  }
  for (let round = 0; members.length > 0 && clock.monotonic() < deadline; round += 1) {
    for (const member of members) await signalRow(member, 'SIGSTOP'); // what is stopped does not fork
    if (round >= roundsOneByOne) await killWhole(tree, members);
    for (const member of members) await signalRow(member, 'SIGKILL');
    members = await waitUntilEmpty(Math.min(deadline, clock.monotonic() + pollMs.first));
  }
  await endLauncher(tree, options, deadline);
  return { survivors: (await findMembers(tree)).map((row) => row.pid) };
}

/** The processes of the run that are alive now, its launcher included. */
export async function listTree(folder: string): Promise<readonly ProcessRow[]> {
  return findMembers(await readTree(folder));
}

/** A folder that was removed or spoilt by hand still tells by its name whose processes to look for. */
async function readTree(folder: string): Promise<Tree> {
  const meta = await readMeta(folder).catch(() => null);
  const [launcher, agent, hasUnit] = await Promise.all([
    readWho(folder, runFiles.launcher),
    readWho(folder, runFiles.agent),
    exists(folder, runFiles.unit),
  ]);
  return {
    folder,
    runId: meta?.runId ?? basename(folder),
    launcher,
    agent,
    hasUnit: hasUnit || meta === null,
  };
}

/** Never ourselves nor what we descend from, whatever its environment says. */
async function findMembers(tree: Tree): Promise<readonly ProcessRow[]> {
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
  const inUnit = tree.hasUnit ? await pidsInUnit(pids, tree.runId) : new Set<number>();
  const members = new Set<number>();
  for (const row of others) {
    const mark = marks.get(row.pid);
    if (mark === tree.runId || inUnit.has(row.pid)) members.add(row.pid);
    else if (mark === undefined && isOfSession(row, tree, byPid)) members.add(row.pid);
  }
  for (let size = -1; size !== members.size; ) {
    size = members.size;
    for (const row of others) {
      if (members.has(row.parentPid) && (marks.get(row.pid) ?? tree.runId) === tree.runId)
        members.add(row.pid);
    }
  }
  return others.filter((row) => members.has(row.pid));
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

async function pidsInUnit(pids: readonly number[], runId: string): Promise<ReadonlySet<number>> {
  const part = `/${unitName(runId)}.service`;
  const found = new Set<number>();
  for (const pid of pids) {
    const groups = await readControlGroups(pid);
    if (groups.some((group) => `${group}/`.includes(`${part}/`))) found.add(pid);
  }
  return found;
}

function withoutLauncher(members: readonly ProcessRow[], tree: Tree): readonly ProcessRow[] {
  return members.filter((row) => row.pid !== tree.launcher?.pid);
}

async function endLauncher(tree: Tree, options: EndTreeOptions, deadline: number): Promise<void> {
  const { clock, signal } = options;
  const { launcher } = tree;
  if (launcher === null) return;
  const recordDeadline = Math.min(deadline, clock.monotonic() + recordMs);
  for (let waitMs = pollMs.first; await isAlive(launcher); waitMs = Math.min(waitMs * 2, pollMs.longest)) {
    if (clock.monotonic() >= recordDeadline) signalIfThere(launcher.pid, 'SIGKILL');
    if (clock.monotonic() >= deadline) return;
    await clock.sleep(waitMs, signal);
  }
}

/** Asks the kernel once more who has the pid: between the look and the signal it may have become another's. */
async function signalRow(row: ProcessRow, signal: NodeJS.Signals): Promise<void> {
  const now = await readProcess(row.pid);
  if (now?.startTime === row.startTime) signalIfThere(row.pid, signal);
}

async function killWhole(tree: Tree, members: readonly ProcessRow[]): Promise<void> {
  if (tree.hasUnit) await systemctl('kill', '--signal=KILL', `${unitName(tree.runId)}.service`);
  for (const groupId of new Set(members.map((row) => row.groupId))) {
    if (groupId > 1) signalIfThere(-groupId, 'SIGKILL');
  }
}
