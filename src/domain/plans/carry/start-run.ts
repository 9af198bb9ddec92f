import { isAppError, type Run, type StartRun } from '../../../contract/index.ts';
import {
  type ActionRow,
  finishAction,
  getPlan,
  insertPlanRun,
  type PlanRow,
  type PlanRunRow,
  planTasks,
  type Transaction,
} from '../../../foundation/store/index.ts';
import { ofPlan } from '../change.ts';
import { isWanted } from '../machine/owed.ts';
import type { Owed } from '../machine/state.ts';
import type { PlansDeps } from '../ports.ts';
import { toState } from '../state-columns.ts';

/** What a run that is started is to its plan. */
type StartedFor = Pick<PlanRunRow, 'role' | 'round' | 'wave' | 'task' | 'attempt' | 'baseCommit' | 'state'>;

/** Thrown inside the transaction that would have queued a run which the plan does not want any more. */
class NotWanted extends Error {}

/**
 * Starts the run that an action owes. What it is to the plan, and that the action is done, is in the transaction that
 * queues it: a crash leaves both or neither.
 */
export async function startOwedRun(
  { runs, work }: Pick<PlansDeps, 'runs' | 'work'>,
  action: ActionRow,
  { request, plan, as }: { readonly request: StartRun; readonly plan: PlanRow; readonly as: StartedFor },
): Promise<void> {
  // What a verdict is about besides the branch: what comes to the base after this, who judges has not seen.
  const planBase = await work.commitOf(plan.repoId, plan.base).catch(() => null); // told at the verdict
  const also = (tx: Transaction, run: Run) => {
    const now = toState(getPlan(tx, plan.key), planTasks(tx, plan.key));
    const isStill = isWanted(now, action.data as Owed) && now.blocked === null;
    if (!isStill || !finishAction(tx, action.key, tx.now)) throw new NotWanted('the plan has moved on');
    insertPlanRun(tx, {
      runId: run.id,
      planKey: plan.key,
      actionKey: action.key,
      startedAt: tx.now,
      planBase,
      ...as,
    });
    tx.event({
      type: 'action.done',
      data: { key: action.key, kind: action.kind, run_id: run.id },
      ...ofPlan(plan),
    });
  };
  try {
    await runs.start(request, also, environmentOf(plan, as));
  } catch (error) {
    if (!(error instanceof NotWanted) && !(isAppError(error) && error.cause instanceof NotWanted))
      throw error;
  }
}

function environmentOf(plan: PlanRow, { role, wave, task }: StartedFor): Readonly<Record<string, string>> {
  return {
    DROVER_PLAN: plan.name,
    DROVER_PLAN_ROLE: role,
    ...(wave === null ? {} : { DROVER_PLAN_WAVE: String(wave) }),
    ...(task === null ? {} : { DROVER_PLAN_TASK: String(task) }),
  };
}
