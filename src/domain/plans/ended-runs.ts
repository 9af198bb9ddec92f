import {
  endedOpenPlanRuns,
  findPlanRun,
  getPlan,
  lastSignalOfRun,
  lingeringPlanRuns,
  type PlanRunRow,
  planTasks,
  setPlanRunState,
  type Transaction,
} from '../../foundation/store/index.ts';
import { afterRun, type Follow } from './after-run.ts';
import { keepEvidence } from './carry/evidence.ts';
import { afterWordMs } from './carry/join.ts';
import { blockPlan, changePlan, owe } from './change.ts';
import { daemonSays } from './daemon-says.ts';
import { isWanted } from './machine/owed.ts';
import type { Owed } from './machine/state.ts';
import type { PlansDeps, RepoPlanSettings } from './ports.ts';
import { toState } from './state-columns.ts';

/** Judges the ends of runs. */
export type Judge = {
  /** Looks for runs that nobody has judged; cheap when there is none. */
  readonly tick: () => void;
  /** Resolves when none is being judged. */
  readonly close: () => Promise<void>;
};

/**
 * Makes it. Each run of a plan that has ended without its signal is judged by itself, and each that lives on after its last
 * word is ended: none waits for another one, whose repository may be slow. `onJudged` is told after each.
 */
export function createJudge(deps: PlansDeps, onJudged: () => void): Judge {
  const { store, clock, log } = deps;
  const judging = new Map<string, Promise<void>>();
  const begin = (run: PlanRunRow, work: (deps: PlansDeps, run: PlanRunRow) => Promise<void>) => {
    if (judging.has(run.runId)) return;
    const judged = work(deps, run)
      .catch((error: unknown) =>
        log.warn('the end of a run could not be judged; looked at again', { run: run.runId, err: error }),
      )
      .finally(() => {
        judging.delete(run.runId);
        onJudged();
      });
    judging.set(run.runId, judged);
  };
  return {
    tick: () => {
      for (const run of store.read(endedOpenPlanRuns))
        begin(run, run.role === 'evidence' ? keepEvidence : judge);
      for (const run of store.read((sql) => lingeringPlanRuns(sql, clock.now() - afterWordMs)))
        begin(run, endLingering);
    },
    close: async () => void (await Promise.all(judging.values())),
  };
}

/** It holds a place that its successor may need. */
async function endLingering({ store, runs }: PlansDeps, run: PlanRunRow): Promise<void> {
  const { name } = store.read((sql) => getPlan(sql, run.planKey));
  await runs.cancel(run.runId, `the plan ${name}`);
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
    const said = (status: 'done' | 'failed') =>
      lastSignalOfRun(tx, { planKey: run.planKey, runId: run.runId, status });
    const follow = afterRun(now, {
      row,
      isWanted: isWanted(current, spawnOf(now)),
      canGoOn: row !== null && runs.canGoOn(row),
      hasAsked: said('done')?.event === 'needs_decision',
      isBlocked: current.blocked !== null,
      refused: said('failed')?.reason ?? null,
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
  }: { readonly run: PlanRunRow; readonly follow: Follow; readonly settings: RepoPlanSettings },
): void {
  const plan = getPlan(tx, run.planKey);
  if (follow.kind === 'close') return;
  if (follow.kind === 'ask') owe(tx, plan, [{ ...spawnOf(run), kind: 'ask', runId: run.runId }]);
  else if (run.task !== null) {
    const { planKey, wave, task } = run;
    const event = daemonSays('task_failed', {
      wave,
      task,
      body: follow.reason,
      isFinal: follow.kind === 'give_up' && follow.isFinal,
      isAnswered: follow.kind === 'again' && follow.isAnswered,
      now: tx.now,
    });
    changePlan(tx, { planKey, settings, event });
  } else if (follow.kind === 'again') owe(tx, plan, [{ ...spawnOf(run), attempt: run.attempt + 1 }]);
  else blockPlan(tx, plan.key, follow.reason);
}

function spawnOf(run: PlanRunRow): Extract<Owed, { kind: 'spawn' }> {
  if (run.role === 'evidence') throw new Error('evidence is not spawned');
  const { role, round, wave, task, attempt } = run;
  return { kind: 'spawn', role, round, wave, task, attempt };
}
