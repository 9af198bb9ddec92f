import { type Clock, isAlive, type ProcessRow, readProcess } from '../../../base/index.ts';
import { signalIfThere } from './input.ts';
import { isOfEarlierBoot } from './inspect.ts';
import { findMembers, readTree, type Tree } from './members.ts';
import { huntNewborn } from './newborn.ts';
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

/**
 * Ends every process of the run: TERM, the grace, KILL, until none is left. Members are the launcher's session, the
 * run's control group, all that carry the run's mark in their environment or its limit, and the descendants of these. The launcher
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
    for (const member of members) await signalRow(member, 'SIGCONT'); // what is stopped does not hear TERM
    members = await waitUntilEmpty(Math.min(deadline, clock.monotonic() + graceMs));
  }
  for (let round = 0; members.length > 0 && clock.monotonic() < deadline; round += 1) {
    for (const member of members) await signalRow(member, 'SIGSTOP'); // what is stopped does not fork
    if (round >= roundsOneByOne) await killWhole(tree, members);
    for (const member of members) await signalRow(member, 'SIGKILL');
    if (round > 0 && tree.limitMark !== null) huntNewborn(tree.limitMark, clock);
    members = await waitUntilEmpty(Math.min(deadline, clock.monotonic() + pollMs.first));
  }
  await endLauncher(tree, options, deadline);
  return { survivors: (await findMembers(tree)).map((row) => row.pid) };
}

function withoutLauncher(members: readonly ProcessRow[], tree: Tree): readonly ProcessRow[] {
  return members.filter((row) => row.pid !== tree.launcher?.pid);
}

async function endLauncher(tree: Tree, options: EndTreeOptions, deadline: number): Promise<void> {
  const { clock, signal } = options;
  const { launcher } = tree;
  if (launcher === null) return;
  if (await isAlive(launcher)) signalIfThere(launcher.pid, 'SIGCONT'); // an agent may have stopped it
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
