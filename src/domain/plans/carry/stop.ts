import type { PlanRole } from '../../../contract/index.ts';
import {
  type ActionRow,
  getPlan,
  type PlanRunRow,
  planRuns,
  setPlanRunState,
} from '../../../foundation/store/index.ts';
import { finish } from '../change.ts';
import type { Owed } from '../machine/state.ts';
import type { PlansDeps } from '../ports.ts';

/** Ends the runs of a plan that are live; what they made stays. */
export async function carryStop(
  { store, runs }: PlansDeps,
  action: ActionRow,
  { role, round }: Extract<Owed, { readonly kind: 'stop' }>,
): Promise<void> {
  const { plan, ours } = store.read((sql) => ({
    plan: getPlan(sql, action.planKey),
    ours: planRuns(sql, action.planKey).filter((run) => isOf(run, role) && run.round <= round),
  }));
  await store.write((tx) => {
    for (const run of ours) if (run.state !== 'signaled') setPlanRunState(tx, run.runId, 'closed');
  });
  const live = ours.filter(({ runId }) => runs.row(runId)?.endedAt === null);
  await Promise.all(live.map(({ runId }) => runs.cancel(runId, `the plan ${plan.name}`)));
  await store.write((tx) => finish(tx, action));
}

/** The commands whose outcome a judge is to be given are stopped with it. */
function isOf(run: PlanRunRow, role: PlanRole | null): boolean {
  const isJudge = role === 'reviewer' || role === 'verifier';
  return role === null || run.role === role || (isJudge && run.role === 'evidence');
}
