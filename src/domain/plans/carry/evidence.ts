import {
  type ActionRow,
  findPlanRun,
  finishAction,
  getAction,
  getPlan,
  insertEvidence,
  type PlanRunRow,
  planTasks,
  type RunRow,
  setPlanRunState,
  type Transaction,
} from '../../../foundation/store/index.ts';
import { blockPlan, ofPlan, owe } from '../change.ts';
import { isWanted } from '../owed.ts';
import type { PlansDeps } from '../ports.ts';
import { toState } from '../rows.ts';
import type { Owed } from '../state.ts';
import { blockMoved, ensureBranch } from './branch.ts';
import { resultsOf } from './evidence-output.ts';
import { commandsOf, markOf, scriptOf } from './evidence-script.ts';
import { startOwedRun } from './start-run.ts';

type Evidence = Extract<Owed, { readonly kind: 'evidence' }>;

/** Starts the repository's own commands at the plan's branch; who judges is started when they have ended. */
export async function carryEvidence(deps: PlansDeps, action: ActionRow, owed: Evidence): Promise<void> {
  const { store, work } = deps;
  const settings = await deps.settingsOf(action.repoId);
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
      if (!finishAction(tx, action.key, tx.now)) return;
      tx.event({ type: 'action.done', data: { key: action.key, kind: action.kind }, ...ofPlan(plan) });
      oweJudge(tx, plan.key, owed.round);
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
      attempt: 1,
      baseCommit: head,
      state: 'open',
    },
  });
}

/** Stores what the commands said, and starts who judges. */
export async function keepEvidence({ store, runs }: PlansDeps, run: PlanRunRow): Promise<void> {
  const row = runs.row(run.runId);
  const results = row === null ? [] : await readResults(runs, run, row);
  await store.write((tx) => {
    if (findPlanRun(tx, run.runId)?.state !== 'open') return;
    setPlanRunState(tx, run.runId, 'closed');
    const plan = getPlan(tx, run.planKey);
    const { stage } = getAction(tx, run.actionKey).data as Evidence;
    for (const { command, exitCode, output } of results) {
      insertEvidence(tx, {
        planKey: plan.key,
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
    const why =
      row === null
        ? 'is gone, with its output'
        : row.status === 'canceled'
          ? `was cancelled: ${row.reason}`
          : null;
    if (why !== null && plan.round === run.round)
      return blockPlan(tx, plan.key, `the run of the [verify] commands ${why}`);
    oweJudge(tx, plan.key, run.round);
  });
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
