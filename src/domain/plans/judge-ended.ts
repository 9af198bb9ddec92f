import {
  endedOpenPlanRuns,
  findPlanRun,
  getPlan,
  type PlanRunRow,
  planTasks,
  setPlanRunState,
  type Transaction,
} from '../../foundation/store/index.ts';
import { afterRun, type Follow } from './after-run.ts';
import { keepEvidence } from './carry/evidence.ts';
import { blockPlan, changePlan, owe } from './change.ts';
import { isWanted } from './owed.ts';
import type { PlansDeps } from './ports.ts';
import { toState } from './rows.ts';
import type { Owed } from './state.ts';

/** Looks at each run of a plan that has ended without its signal, and does what follows; none waits for another one. */
export async function judgeEnded(deps: PlansDeps): Promise<void> {
  const ended = deps.store.read(endedOpenPlanRuns);
  await Promise.all(
    ended.map(async (run) => {
      try {
        await (run.role === 'evidence' ? keepEvidence(deps, run) : judge(deps, run));
      } catch (error) {
        deps.log.warn('the end of a run could not be judged; looked at again', {
          run: run.runId,
          err: error,
        });
      }
    }),
  );
}

async function judge(deps: PlansDeps, run: PlanRunRow): Promise<void> {
  const { store, runs } = deps;
  const plan = store.read((sql) => getPlan(sql, run.planKey));
  const settings = await deps.settingsOf(plan.repoId).catch(() => null);
  if (settings === null) return; // its repository is gone: nobody is there to go on for
  const row = runs.row(run.runId);
  if (row?.worktree) await deps.collectSignals(row.worktree); // its last act may have been to say so
  await store.write((tx) => {
    const now = findPlanRun(tx, run.runId);
    if (now === undefined || (now.state !== 'open' && now.state !== 'asked')) return;
    const current = toState(getPlan(tx, run.planKey), planTasks(tx, run.planKey));
    const follow = afterRun(now, {
      row,
      isWanted: isWanted(current, spawnOf(now)),
      canGoOn: row !== null && runs.canGoOn(row),
    });
    setPlanRunState(tx, run.runId, 'closed');
    carryOn(tx, { run: now, follow, settings });
  });
}

function carryOn(
  tx: Transaction,
  {
    run,
    follow,
    settings,
  }: {
    readonly run: PlanRunRow;
    readonly follow: Follow;
    readonly settings: Parameters<typeof changePlan>[1]['settings'];
  },
): void {
  const plan = getPlan(tx, run.planKey);
  if (follow.kind === 'close') return;
  if (follow.kind === 'ask') owe(tx, plan, [{ ...spawnOf(run), kind: 'ask', runId: run.runId }]);
  else if (run.task !== null) failTask(tx, run, follow.reason, settings);
  else if (follow.kind === 'again') owe(tx, plan, [{ ...spawnOf(run), attempt: run.attempt + 1 }]);
  else blockPlan(tx, plan.key, follow.reason);
}

function failTask(
  tx: Transaction,
  run: PlanRunRow,
  reason: string,
  settings: Parameters<typeof changePlan>[1]['settings'],
): void {
  changePlan(tx, {
    planKey: run.planKey,
    settings,
    event: {
      name: 'task_failed',
      by: 'daemon',
      who: 'daemon',
      wave: run.wave,
      task: run.task,
      body: reason,
      tasks: null,
      facts: null,
      idleTasks: [],
      now: tx.now,
    },
  });
}

function spawnOf(run: PlanRunRow): Extract<Owed, { kind: 'spawn' }> {
  if (run.role === 'evidence') throw new Error('evidence is not spawned');
  const { role, round, wave, task, attempt } = run;
  return { kind: 'spawn', role, round, wave, task, attempt };
}
