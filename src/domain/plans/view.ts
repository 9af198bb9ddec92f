import { toTimestamp } from '../../base/index.ts';
import type { Plan, PlanSummary, Signal } from '../../contract/index.ts';
import {
  type ActionRow,
  bodyOfSignal,
  countPlanTasks,
  doneActions,
  failingActions,
  type LivePlanRun,
  livePlanRuns,
  openActions,
  type PlanHead,
  type PlanRow,
  type PlanRunRow,
  type PlanTaskRow,
  planEvidence,
  planRuns,
  planTasks,
  type SignalRow,
  type Sql,
} from '../../foundation/store/index.ts';
import type { Owed } from './machine/state.ts';
import { mergedAtOf } from './merged-at.ts';
import { refusedOf } from './shown-refusals.ts';
import { parsePlan } from './text/parse.ts';

/** A plan as this room knows it: not what surrounds it. */
export type PlanAlone = Omit<Plan, 'settings' | 'checkout'>;

/** Plans as lists show them. */
export function viewSummaries(sql: Sql, rows: readonly PlanHead[], project: string): PlanSummary[] {
  const live = Map.groupBy(livePlanRuns(sql), ({ planKey }) => planKey);
  const failing = new Map(failingActions(sql).map(({ planKey, error }) => [planKey, error]));
  return rows.map((row) =>
    viewSummary(sql, row, {
      project,
      live: live.get(row.key) ?? [],
      failing: failing.get(row.key) ?? null,
    }),
  );
}

/** What is known of a plan beside its row. */
type Present = {
  readonly project: string;
  readonly live: readonly LivePlanRun[];
  readonly failing: string | null;
};

function viewSummary(sql: Sql, row: PlanHead, { project, live, failing }: Present): PlanSummary {
  const { waves, tasks, merged } = countPlanTasks(sql, row.key);
  return {
    id: row.id,
    name: row.name,
    repo: { id: row.repoId, project },
    title: row.title,
    topic: row.topic,
    status: row.status,
    phase: row.phase,
    wave: row.wave,
    wave_count: waves,
    tasks_merged: merged,
    task_count: tasks,
    review_cycle: row.reviewCycle,
    verify_cycle: row.verifyCycle,
    blocked:
      row.blockedReason === null
        ? null
        : {
            reason: row.blockedReason,
            by: row.blockedBy ?? 'daemon',
            at: toTimestamp(row.blockedAt ?? row.updatedAt),
          },
    forced: row.isForced,
    live: live.map((run) => ({
      run_id: run.runId,
      role: run.role,
      task: run.task,
      status: run.status,
      waiting_on: run.waitingOn,
      asks: run.asks,
    })),
    failing,
    branch: row.branch,
    merged_at: timeOf(mergedAtOf(row)),
    created_at: toTimestamp(row.createdAt),
    updated_at: toTimestamp(row.updatedAt),
  };
}

function timeOf(at: number | null): string | null {
  return at === null ? null : toTimestamp(at);
}

/** A plan, whole. */
export function viewPlan(sql: Sql, row: PlanRow, project: string): PlanAlone {
  const parsed = parsePlan(row.content);
  const isEmpty = row.content.trim() === '';
  const tasks = planTasks(sql, row.key);
  const runs = planRuns(sql, row.key);
  const titles = new Map(parsed.ok ? parsed.plan.waves.map(({ number, title }) => [number, title]) : []);
  const numbers = [...new Set(tasks.map(({ wave }) => wave))];
  const actions = openActions(sql, row.key);
  const live = livePlanRuns(sql).filter(({ planKey }) => planKey === row.key);
  const failing = actions.find(({ status, error }) => status === 'pending' && error !== null)?.error ?? null;
  return {
    ...viewSummary(sql, row, { project, live, failing }),
    goal: parsed.ok ? parsed.plan.goal : null,
    architecture: parsed.ok ? parsed.plan.architecture : null,
    tech_stack: parsed.ok ? parsed.plan.techStack : null,
    content: row.content,
    problems:
      parsed.ok || isEmpty ? [] : parsed.problems.map(({ line, message }) => `line ${line}: ${message}`),
    base: row.base,
    base_commit: row.baseCommit,
    head_commit: row.headCommit,
    kept: keptOf(sql, row, runs),
    waves: numbers.map((number) => ({
      number,
      title: titles.get(number) ?? null,
      tasks: tasks.filter(({ wave }) => wave === number).map((task) => viewTask(task, { runs, actions })),
    })),
    feedback: row.feedback,
    review: viewVerdict(sql, row, 'review_approved'),
    verification: viewVerdict(sql, row, 'verify_approved'),
    runs: runs.map((run) => ({
      run_id: run.runId,
      role: run.role,
      round: run.round,
      wave: run.wave,
      task: run.task,
      attempt: run.attempt,
      state: run.state,
    })),
    evidence: planEvidence(sql, row.key).map((one) => ({
      stage: one.stage,
      round: one.round,
      run_id: one.runId,
      command: one.command,
      commit: one.commitId,
      exit_code: one.exitCode,
      output: one.output,
      at: toTimestamp(one.at),
    })),
    owed: actions.map((action) => ({
      key: action.key,
      kind: action.kind,
      status: action.status,
      attempts: action.attempts,
      error: action.error,
      due_at: toTimestamp(action.dueAt),
    })),
    refused: refusedOf(sql, row, runs),
  };
}

/** A task with its newest run: those of before do not count for one that is still to begin. */
function viewTask(
  task: PlanTaskRow,
  { runs, actions }: { readonly runs: readonly PlanRunRow[]; readonly actions: readonly ActionRow[] },
): Plan['waves'][number]['tasks'][number] {
  const status = isUnstarted(task, actions) ? 'pending' : task.status;
  const run = status === 'pending' ? undefined : runs.findLast((one) => one.task === task.number);
  return {
    number: task.number,
    title: task.title,
    status,
    attempt: task.attempt,
    reason: task.reason,
    commit: task.commitId,
    run_id: run?.runId ?? null,
  };
}

/** True where the machine wants somebody at a task and nobody could be started yet. */
function isUnstarted({ number, status, attempt }: PlanTaskRow, actions: readonly ActionRow[]): boolean {
  if (status !== 'running') return false;
  return actions
    .map(({ data }) => data as Owed)
    .some((owed) => owed.kind === 'spawn' && owed.task === number && owed.attempt === attempt);
}

/** A receipt. */
export function viewSignal(row: SignalRow): Signal {
  return {
    id: row.id,
    repo_id: row.repoId,
    plan: row.planName,
    event: row.event,
    wave: row.wave,
    task: row.task,
    body: row.body,
    source: row.source,
    status: row.status,
    reason: row.reason,
    received_at: toTimestamp(row.receivedAt),
  };
}

/** A verdict, with what was said as it was given. */
function viewVerdict(
  sql: Sql,
  { key: planKey, review, verification }: PlanRow,
  event: 'review_approved' | 'verify_approved',
): Plan['review'] {
  const verdict = event === 'review_approved' ? review : verification;
  if (verdict === null) return null;
  const { head, base, by, at } = verdict;
  const words = bodyOfSignal(sql, { planKey, event, at });
  return { head, base, by, at: toTimestamp(at), words: words?.trim() === '' ? null : words };
}

/** Where the work of before each beginning anew is: of those before which there was any. */
function keptOf(sql: Sql, { id, key }: PlanRow, runs: readonly PlanRunRow[]): string[] {
  const worked = runs.filter(({ role }) => role !== 'planner').map(({ round }) => round);
  let before = -1;
  return doneActions(sql, key, 'renew_branch').flatMap(({ data }) => {
    const { round } = data as Extract<Owed, { readonly kind: 'renew_branch' }>;
    const since = before;
    before = round;
    return worked.some((one) => one >= since && one < round) ? [`refs/drover/plans/${id}/${round}`] : [];
  });
}
