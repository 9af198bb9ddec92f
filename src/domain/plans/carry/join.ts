import {
  type ActionRow,
  failAction,
  getAction,
  getPlan,
  type PlanRow,
  type PlanRunRow,
  type PlanTaskRow,
  planRuns,
  planTasks,
  type Sql,
  setActionData,
  type Transaction,
  updatePlan,
} from '../../../foundation/store/index.ts';
import { roundOfBeginning } from '../beginning.ts';
import { blockPlan, changePlan, finish } from '../change.ts';
import { daemonSays, namesInWords } from '../daemon-says.ts';
import type { Owed, PlanEvent } from '../machine/state.ts';
import type { PlansDeps, PlanWork } from '../ports.ts';
import { movedWords } from './branch.ts';

/** How long a run may go on after it has said that it is done. */
export const afterWordMs = 30_000;

type Join = Extract<Owed, { readonly kind: 'join' }>;
/** `unfit`: a person has to do something first. `unresolved`: a fixer has not brought both sides together. */
type Joined =
  | Awaited<ReturnType<PlanWork['join']>>
  | { readonly kind: 'unfit' | 'unresolved'; readonly reason: string };

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
    made: runsOf(sql, action.planKey, owed),
  }));
  const run = made.at(-1);
  // It has said that it is done: what it still does must not come between.
  if (run !== undefined)
    await runs.settle(run.runId, { graceMs: afterWordMs, by: `the plan ${plan.name}`, signal });
  const task = tasks.find(({ number }) => number === owed.task) ?? null;
  const joined = await join(deps, plan, { action, owed, made, task });
  await store.write((tx) => {
    const why = whyNot(getPlan(tx, plan.key), { run, task, joined });
    if (why !== null) {
      if (failAction(tx, action.key, { error: why, dueAt: null })) blockPlan(tx, plan.key, why);
      return;
    }
    if (!finish(tx, action)) return;
    if (task === null) return noteHead(tx, plan.key, joined);
    changePlan(tx, { planKey: plan.key, settings, event: eventOf(task, joined, tx.now) });
  });
}

/** Who worked on a task since the plan was begun, in whatever round; or who fixed what a review found in this one. */
function runsOf(sql: Sql, planKey: number, { task, round }: Join): readonly PlanRunRow[] {
  const first = roundOfBeginning(sql, planKey);
  return planRuns(sql, planKey).filter((run) =>
    task === null
      ? run.task === null && run.role === 'fixer' && run.round === round
      : run.task === task && run.round >= first,
  );
}

/** What a person has to do before the work can be taken; null where nothing. */
function whyNot(
  plan: PlanRow,
  {
    run,
    task,
    joined,
  }: { readonly run?: PlanRunRow | undefined; readonly task: PlanTaskRow | null; readonly joined: Joined },
): string | null {
  switch (joined.kind) {
    case 'unfit':
      return joined.reason;
    case 'moved':
      return movedWords(plan, joined.commit);
    case 'nested':
      return `${run?.runId} has made repositories of its own, which no commit holds, in ${namesInWords(joined.folders)}: take their .git away, then drover plan retry ${plan.name}`;
    case 'unpushed':
      return `${run?.runId} has work in the submodule ${namesInWords(joined.folders)} that is in no remote of it: commit and push it there, then drover plan retry ${plan.name}`;
    case 'signals':
      return `${run?.runId} has signals in its work, which are never committed: take ${joined.folders.join(' and ')} out of git in its worktree (git rm -r --cached), then drover plan retry ${plan.name}`;
    case 'conflict':
      return task === null
        ? `what the fixer made conflicts with the plan's branch in ${namesInWords(joined.files)}`
        : null;
    default:
      return null;
  }
}

function noteHead(tx: Transaction, planKey: number, joined: Joined): void {
  if (joined.kind !== 'joined' && joined.kind !== 'nothing') return;
  updatePlan(tx, getPlan(tx, planKey), { headCommit: joined.commit, updatedAt: tx.now });
}

function eventOf({ number: task, wave }: PlanTaskRow, joined: Joined, now: number): PlanEvent {
  if (joined.kind === 'conflict')
    return daemonSays('merge_conflict', { wave, task, body: namesInWords(joined.files), now });
  if (joined.kind === 'unresolved')
    return daemonSays('merge_conflict', { wave, task, body: joined.reason, now });
  return daemonSays('task_merged', {
    wave,
    task,
    body: 'commit' in joined ? (joined.commit ?? '') : '',
    now,
  });
}

type Joining = {
  readonly action: ActionRow;
  readonly owed: Join;
  /** The runs that worked on it, oldest first: what the last one made is what counts. */
  readonly made: readonly PlanRunRow[];
  readonly task: PlanTaskRow | null;
};

async function join(deps: PlansDeps, plan: PlanRow, joining: Joining): Promise<Joined> {
  const { owed, made, task } = joining;
  const head = plan.headCommit ?? '';
  const run = made.at(-1);
  if (run === undefined) return { kind: 'nothing', commit: head }; // nobody has worked on it: a person has said that it is done
  if (owed.isAccepted === true) return joinNewest(deps, plan, joining);
  const unfit = await unfitOf(deps, plan, run);
  if (unfit !== null) return { kind: 'unfit', reason: unfit };
  const published = await publishedOf(deps, plan, { ...joining, run });
  if (published !== null) return { kind: 'unfit', reason: published };
  const isFixed = run.role === 'fixer' && task !== null;
  const unmerged = isFixed ? await unmergedOf(deps, plan, made) : null;
  if (unmerged !== null) return { kind: 'unresolved', reason: unmerged };
  const joined = await joinRun(deps, plan, { ...joining, run });
  if (isFixed && joined.kind === 'nothing')
    return { kind: 'unresolved', reason: 'its fixer has changed nothing' };
  return joined;
}

/** What a person takes as it is: of the last run that has made anything. */
async function joinNewest(deps: PlansDeps, plan: PlanRow, joining: Joining): Promise<Joined> {
  let joined: Joined = { kind: 'nothing', commit: plan.headCommit ?? '' };
  for (const run of joining.made.toReversed()) {
    const unfit = await unfitOf(deps, plan, run);
    if (unfit !== null) return { kind: 'unfit', reason: unfit };
    joined = await joinRun(deps, plan, { ...joining, run });
    if (joined.kind !== 'nothing') break;
  }
  return joined;
}

async function joinRun(
  deps: PlansDeps,
  plan: PlanRow,
  { action, owed, task, run }: Joining & { readonly run: PlanRunRow },
): Promise<Joined> {
  const { store, work, runs } = deps;
  const row = runs.row(run.runId);
  if (row === null) throw new Error(`${run.runId} is gone`);
  return work.join(row, {
    branch: plan.branch,
    head: plan.headCommit ?? '',
    title:
      task === null
        ? `${plan.name}: what the review found`
        : `${plan.name} task ${task.number}: ${task.title}`,
    trailer: `Drover-Run: ${row.id}\nDrover-Plan: ${plan.name}`,
    announced: () => announcedOf(store.read((sql) => getAction(sql, action.key))),
    announce: (commit) => store.write((tx) => setActionData(tx, action.key, { ...owed, announced: commit })),
  });
}

/** What the branch was about to be, as the last try has stored it. */
function announcedOf({ data }: ActionRow): string | null {
  return (data as Join).announced ?? null;
}

/** Why what a run has made cannot be taken as its own; null when it can. */
async function unfitOf(
  { work, runs }: PlansDeps,
  { name, branch, base }: PlanRow,
  { runId }: PlanRunRow,
): Promise<string | null> {
  const run = runs.row(runId);
  if (run === null) return `${runId}, which has worked on it, is gone with its journal`;
  const foreign = await work.foreignBranchOf(run, { branch, base });
  return foreign === null
    ? null
    : `${runId} has the branch ${foreign} checked out in its worktree, which is not its own: check out ${run.branch} there (${run.worktree}), then drover plan retry ${name}`;
}

/** Where else a run has brought its commits, as a person is told once; null where that is nowhere, or known. */
async function publishedOf(
  { store, work, runs }: PlansDeps,
  { name, base, baseCommit }: PlanRow,
  { action, owed, run }: Joining & { readonly run: PlanRunRow },
): Promise<string | null> {
  const row = runs.row(run.runId);
  const from = run.baseCommit ?? baseCommit;
  if (row === null || from === null) return null;
  const where = (await work.publishedBy(row, { from, base })).join(', ');
  if (where === '' || where === owed.isToldOf) return null;
  await store.write((tx) => setActionData(tx, action.key, { ...owed, isToldOf: where }));
  return `commits of ${run.runId} are on ${where}, where drover did not put them: look at them there, then drover plan retry ${name} goes on`;
}

/** What the fixer of a conflict has left out: the coder's branch, where it is not in its history. */
async function unmergedOf(
  { work, runs }: PlansDeps,
  plan: PlanRow,
  made: readonly PlanRunRow[],
): Promise<string | null> {
  const branchOf = (run: PlanRunRow | undefined) =>
    (run === undefined ? null : runs.row(run.runId))?.branch ?? null;
  const headOf = async (branch: string | null) =>
    branch === null ? null : work.branchHead(plan.repoId, branch);
  const theirs = branchOf(made.findLast(({ role }) => role === 'coder'));
  const commit = await headOf(theirs);
  const within = await headOf(branchOf(made.at(-1)));
  if (commit === null || within === null) return null; // somebody has cleaned up, and sees what is in the branch
  return (await work.contains(plan.repoId, { commit, within })) ? null : `its fixer has not merged ${theirs}`;
}
