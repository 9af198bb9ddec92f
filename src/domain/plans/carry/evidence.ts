import {
  type ActionRow,
  findPlanRun,
  getAction,
  getPlan,
  insertEvidence,
  type PlanRunRow,
  planTasks,
  type RunRow,
  setPlanRunState,
  type Transaction,
} from '../../../foundation/store/index.ts';
import { maxStageAttempts } from '../after-run.ts';
import { blockPlan, finish, owe } from '../change.ts';
import { isWanted } from '../machine/owed.ts';
import type { Owed } from '../machine/state.ts';
import type { PlansDeps } from '../ports.ts';
import { toState } from '../state-columns.ts';
import { blockMoved, ensureBranch } from './branch.ts';
import { type Result, resultsOf } from './evidence-output.ts';
import { commandsOf, markOf, scriptOf } from './evidence-script.ts';
import { blockLapsed } from './lapsed.ts';
import { startOwedRun } from './start-run.ts';

type Evidence = Extract<Owed, { readonly kind: 'evidence' }>;

/** Starts the repository's own commands at the plan's branch; who judges is started when they have ended. */
export async function carryEvidence(deps: PlansDeps, action: ActionRow, owed: Evidence): Promise<void> {
  const { store, work } = deps;
  const settings = await deps.settingsOf(action.repoId);
  if (await blockLapsed(deps, action, settings)) return;
  const plan = await ensureBranch(
    deps,
    store.read((sql) => getPlan(sql, action.planKey)),
  );
  const head = plan.headCommit ?? '';
  const now = await work.branchHead(plan.repoId, plan.branch);
  if (now !== head) {
    await store.write((tx) => blockMoved(tx, getPlan(tx, plan.key), now));
    return;
  }
  if (settings.verify.length === 0) {
    await store.write((tx) => {
      if (finish(tx, action)) oweJudge(tx, plan.key, owed.round);
    });
    return;
  }
  await startOwedRun(deps, action, {
    plan,
    request: {
      command: ['/bin/sh', '-c', scriptOf(settings.verify, markOf(action.key))],
      agent: 'command',
      repo: plan.repoId,
      base: head,
      worktree: true,
      run_label: `${plan.name} evidence`,
    },
    as: {
      role: 'evidence',
      round: owed.round,
      wave: null,
      task: null,
      attempt: owed.attempt ?? 1,
      baseCommit: head,
      state: 'open',
    },
  });
}

/**
 * Stores what the commands said, and starts who judges. That one has failed is evidence; that they could not be run is
 * not: they are run once more then, and after that a person decides.
 */
export async function keepEvidence({ store, runs }: PlansDeps, run: PlanRunRow): Promise<void> {
  const row = runs.row(run.runId);
  const results = row === null ? [] : await readResults(runs, run, row);
  const problem = problemOf(row, results);
  await store.write((tx) => {
    if (findPlanRun(tx, run.runId)?.state !== 'open') return;
    setPlanRunState(tx, run.runId, 'closed');
    const plan = getPlan(tx, run.planKey);
    const owed = getAction(tx, run.actionKey).data as Evidence;
    if (!isWanted(toState(plan, planTasks(tx, plan.key)), owed)) return;
    const isAgain = problem !== null && row?.status !== 'canceled' && run.attempt < maxStageAttempts;
    if (isAgain) return owe(tx, plan, [{ ...owed, attempt: run.attempt + 1 }]);
    keepResults(tx, { run, stage: owed.stage }, results);
    if (problem === null) oweJudge(tx, plan.key, run.round);
    else blockPlan(tx, plan.key, `the [verify] commands could not be run: ${problem}`);
  });
}

/** Why the commands were not run to their end; null when they were. */
function problemOf(row: RunRow | null, results: readonly Result[]): string | null {
  if (row === null) return 'the run is gone, with its output';
  const why = row.reason ?? row.errorMessage ?? 'no reason was told';
  if (row.status === 'canceled') return `the run was cancelled: ${why}`;
  if (results.length > 0 && results.every(({ exitCode }) => exitCode !== null)) return null;
  return row.status === 'succeeded' ? 'the run ended before they did' : why;
}

function keepResults(
  tx: Transaction,
  { run, stage }: { readonly run: PlanRunRow; readonly stage: Evidence['stage'] },
  results: readonly Result[],
): void {
  for (const { command, exitCode, output } of results) {
    insertEvidence(tx, {
      planKey: run.planKey,
      round: run.round,
      stage,
      runId: run.runId,
      command,
      commitId: run.baseCommit ?? '',
      exitCode,
      output,
      at: tx.now,
    });
  }
}

function readResults(runs: PlansDeps['runs'], run: PlanRunRow, row: RunRow) {
  return resultsOf(commandsOf(row.command?.at(-1)), {
    mark: markOf(run.actionKey),
    stdout: runs.outputOf(row, 'stdout'),
    stderr: runs.outputOf(row, 'stderr'),
  });
}

function oweJudge(tx: Transaction, planKey: number, round: number): void {
  const plan = getPlan(tx, planKey);
  const role = plan.status === 'verifying' ? 'verifier' : 'reviewer';
  const spawn: Owed = { kind: 'spawn', role, round, wave: null, task: null, attempt: 1 };
  if (isWanted(toState(plan, planTasks(tx, planKey)), spawn)) owe(tx, plan, [spawn]);
}
