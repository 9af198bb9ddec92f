import {
  type ActionRow,
  failAction,
  getPlan,
  type PlanRow,
  type PlanRunRow,
  type PlanTaskRow,
  planRuns,
  planTasks,
  setActionData,
  type Transaction,
  updatePlan,
} from '../../../foundation/store/index.ts';
import { blockPlan, changePlan, finish } from '../change.ts';
import { daemonSays } from '../daemon-says.ts';
import type { PlansDeps, PlanWork } from '../ports.ts';
import type { Owed } from '../state.ts';
import { movedWords } from './branch.ts';

/** How long a run may go on after it has said that it is done. */
export const afterWordMs = 30_000;

type Join = Extract<Owed, { readonly kind: 'join' }>;
type Joined = Awaited<ReturnType<PlanWork['join']>>;

/** Brings what a task's run, or the round's fixer, has made onto the plan's branch. */
export async function carryJoin(
  deps: PlansDeps,
  action: ActionRow,
  { owed, signal }: { readonly owed: Join; readonly signal: AbortSignal },
): Promise<void> {
  const { store, runs } = deps;
  const settings = await deps.settingsOf(action.repoId);
  const { plan, tasks, made } = store.read((sql) => ({
    plan: getPlan(sql, action.planKey),
    tasks: planTasks(sql, action.planKey),
    made: planRuns(sql, action.planKey).filter(
      (one) =>
        one.round === owed.round && one.task === owed.task && (owed.task !== null || one.role === 'fixer'),
    ),
  }));
  const run = made.at(-1);
  // It has said that it is done: what it still does must not come between.
  if (run !== undefined)
    await runs.settle(run.runId, { graceMs: afterWordMs, by: `the plan ${plan.name}`, signal });
  const task = tasks.find(({ number }) => number === owed.task) ?? null;
  const foreign = await foreignOf(deps, plan, run);
  if (foreign !== null) return void (await store.write((tx) => giveUp(tx, action, foreign)));
  const announce = (commit: string) =>
    store.write((tx) => setActionData(tx, action.key, { ...owed, announced: commit }));
  const joined = await join(deps, plan, { run, task, announced: owed.announced ?? null, announce });
  const lacks =
    run?.role === 'fixer' && task !== null && owed.isAccepted !== true
      ? await lackOf(deps, plan, { made, joined })
      : null;
  await store.write((tx) => {
    const now = getPlan(tx, plan.key);
    if (joined.kind === 'moved') return giveUp(tx, action, movedWords(now, joined.commit));
    if (joined.kind === 'nested')
      return giveUp(
        tx,
        action,
        `${run?.runId} has made repositories of its own, which no commit holds, in ${joined.folders.join(', ')}: take their .git away, then drover plan retry ${plan.name}`,
      );
    const files = joined.kind === 'conflict' ? joined.files.join(', ') : lacks;
    if (task === null) {
      if (joined.kind === 'conflict')
        return giveUp(tx, action, `what the fixer made conflicts with the plan's branch in ${files}`);
      if (finish(tx, action)) updatePlan(tx, now, { headCommit: joined.commit, updatedAt: tx.now });
      return;
    }
    if (!finish(tx, action)) return;
    const { number, wave } = task;
    const event =
      joined.kind === 'conflict' || lacks !== null
        ? daemonSays('merge_conflict', { wave, task: number, body: files ?? '', now: tx.now })
        : daemonSays('task_merged', { wave, task: number, body: joined.commit, now: tx.now });
    changePlan(tx, { planKey: plan.key, settings, event });
  });
}

/** Why what a run has made is not its own alone; null when it is. */
async function foreignOf(
  { work, runs }: PlansDeps,
  { name, branch, base }: PlanRow,
  run: PlanRunRow | undefined,
): Promise<string | null> {
  const row = run === undefined ? null : runs.row(run.runId);
  const foreign = row === null ? null : await work.foreignBranchOf(row, { branch, base });
  if (row === null || foreign === null) return null;
  return `${row.id} has the branch ${foreign} checked out in its worktree, which is not its own: check out ${row.branch} there (${row.worktree}), then drover plan retry ${name}`;
}

type Joining = Pick<Parameters<PlanWork['join']>[1], 'announced' | 'announce'> & {
  readonly run: PlanRunRow | undefined;
  readonly task: PlanTaskRow | null;
};

async function join(
  { work, runs }: PlansDeps,
  plan: PlanRow,
  { run, task, ...announcing }: Joining,
): Promise<Joined> {
  const row = run === undefined ? null : runs.row(run.runId);
  const head = plan.headCommit ?? '';
  if (row === null) return { kind: 'nothing', commit: head }; // a person said that it is done
  const title =
    task === null ? `${plan.name}: what the review found` : `${plan.name} task ${task.number}: ${task.title}`;
  return work.join(row, {
    branch: plan.branch,
    head,
    title,
    trailer: `Drover-Run: ${row.id}\nDrover-Plan: ${plan.name}`,
    ...announcing,
  });
}

/** Why the fixer of a conflict has not brought both sides together; null when it has. */
async function lackOf(
  { work, runs }: PlansDeps,
  plan: PlanRow,
  { made, joined }: { readonly made: readonly PlanRunRow[]; readonly joined: Joined },
): Promise<string | null> {
  if (joined.kind === 'nothing') return 'its fixer has changed nothing';
  if (joined.kind !== 'joined') return null;
  const coder = made.findLast(({ role }) => role === 'coder');
  const branch = (coder === undefined ? null : runs.row(coder.runId))?.branch ?? null;
  const commit = branch === null ? null : await work.branchHead(plan.repoId, branch);
  if (commit === null || (await work.contains(plan.repoId, { commit, within: joined.commit }))) return null;
  return `its fixer has not merged ${branch}`;
}

/** A person has to do something first; their decision tries it again. */
function giveUp(tx: Transaction, action: ActionRow, reason: string): void {
  failAction(tx, action.key, { error: reason, dueAt: null });
  blockPlan(tx, action.planKey, reason);
}
