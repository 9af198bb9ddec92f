import { toTimestamp } from '../../base/index.ts';
import type { Plan } from '../../contract/index.ts';
import {
  listSignals,
  type PlanRow,
  type PlanRunRow,
  type SignalRow,
  type Sql,
} from '../../foundation/store/index.ts';

const maxShown = 10;
/** So many receipts are looked at: what matters now is among the newest. */
const maxLooked = 100;

/**
 * The refused signals that still mean something: of the plan's present round, and not said again since. A person was told
 * at once; at its end a plan waits for nothing that could be said again.
 */
export function refusedOf(sql: Sql, plan: PlanRow, runs: readonly PlanRunRow[]): Plan['refused'] {
  if (plan.status === 'done' || plan.status === 'cancelled') return [];
  const receipts = listSignals(sql, {
    repoId: plan.repoId,
    planKey: plan.key,
    status: null,
    before: null,
    limit: maxLooked,
  });
  const done = receipts.filter(({ status }) => status === 'done');
  const since = beginOf(plan, runs) ?? done[0]?.receivedAt ?? plan.createdAt;
  const rounds = new Map(runs.map(({ runId, round }) => [runId, round]));
  const isOfRound = ({ runId }: SignalRow) => (rounds.get(runId ?? '') ?? plan.round) === plan.round;
  // Receipts come newest first: by their order, as the clock may have been put back between two.
  const isSaidAgain = (one: SignalRow) =>
    receipts
      .slice(0, receipts.indexOf(one))
      .some(({ status, event, task }) => status === 'done' && event === one.event && task === one.task);
  return receipts
    .filter(
      ({ status, source, receivedAt }) => status === 'failed' && source !== 'person' && receivedAt >= since,
    )
    .filter((one) => isOfRound(one) && !isSaidAgain(one))
    .slice(0, maxShown)
    .map(({ id, event, reason, receivedAt }) => ({
      id,
      event,
      reason: reason ?? '',
      at: toTimestamp(receivedAt),
    }));
}

/** When the first run of the plan's present round was started; null where none was yet. */
function beginOf({ round }: PlanRow, runs: readonly PlanRunRow[]): number | null {
  const starts = runs.filter((run) => run.round === round).map(({ startedAt }) => startedAt);
  return starts.length === 0 ? null : Math.min(...starts);
}
