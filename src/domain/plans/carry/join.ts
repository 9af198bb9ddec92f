import {
  type ActionRow,
  finishAction,
  getPlan,
  planRuns,
  planTasks,
  updatePlan,
} from '../../../foundation/store/index.ts';
import { blockPlan, changePlan } from '../change.ts';
import type { PlansDeps, RepoPlanSettings } from '../ports.ts';
import type { Owed, PlanEvent } from '../state.ts';
import { blockMoved } from './branch.ts';

/** How long a run may go on after it has said that it is done. */
const afterWordMs = 30_000;

type Join = Extract<Owed, { readonly kind: 'join' }>;

/** Brings what a task's run, or the round's fixer, has made onto the plan's branch. */
export async function carryJoin(
  deps: PlansDeps,
  action: ActionRow,
  { owed, signal }: { readonly owed: Join; readonly signal: AbortSignal },
): Promise<void> {
  const { store, work, runs } = deps;
  const settings = await deps.settingsOf(action.repoId);
  const { plan, tasks, run } = store.read((sql) => ({
    plan: getPlan(sql, action.planKey),
    tasks: planTasks(sql, action.planKey),
    run: planRuns(sql, action.planKey).findLast(
      (one) =>
        one.round === owed.round && one.task === owed.task && (owed.task !== null || one.role === 'fixer'),
    ),
  }));
  // It has said that it is done: what it still does must not come between.
  if (run !== undefined)
    await runs.settle(run.runId, { graceMs: afterWordMs, by: `the plan ${plan.name}`, signal });
  const row = run === undefined ? null : runs.row(run.runId);
  const task = tasks.find(({ number }) => number === owed.task) ?? null;
  const title =
    task === null ? `${plan.name}: what the review found` : `${plan.name} task ${task.number}: ${task.title}`;
  const joined =
    row === null
      ? ({ kind: 'nothing', commit: plan.headCommit ?? '' } as const) // a person said that it is done
      : await work.join(row, {
          branch: plan.branch,
          head: plan.headCommit ?? '',
          title,
          trailer: `Drover-Run: ${row.id}\nDrover-Plan: ${plan.name}`,
        });
  await store.write((tx) => {
    if (!finishAction(tx, action.key, tx.now)) return;
    const now = getPlan(tx, plan.key);
    switch (joined.kind) {
      case 'moved':
        return blockMoved(tx, now, joined.commit);
      case 'conflict': {
        const files = joined.files.join(', ');
        if (task === null)
          return blockPlan(tx, plan.key, `what the fixer made conflicts with the plan's branch in ${files}`);
        return void changePlan(tx, daemonSays(plan.key, settings, 'merge_conflict', task, files, tx.now));
      }
      default:
        if (task === null) return void updatePlan(tx, now, { headCommit: joined.commit, updatedAt: tx.now });
        return void changePlan(
          tx,
          daemonSays(plan.key, settings, 'task_merged', task, joined.commit, tx.now),
        );
    }
  });
}

function daemonSays(
  planKey: number,
  settings: RepoPlanSettings,
  name: PlanEvent['name'],
  { number, wave }: { readonly number: number; readonly wave: number },
  body: string,
  now: number,
) {
  const event: PlanEvent = {
    name,
    by: 'daemon',
    who: 'daemon',
    wave,
    task: number,
    body,
    tasks: null,
    facts: null,
    idleTasks: [],
    now,
  };
  return { planKey, settings, event };
}
