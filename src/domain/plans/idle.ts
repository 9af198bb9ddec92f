import {
  findRunById,
  openActions,
  type PlanTaskRow,
  planRuns,
  type Sql,
} from '../../foundation/store/index.ts';
import type { Owed } from './machine/state.ts';

/** Running tasks that no live run works on, and that nobody is about to be started or asked for. */
export function findIdleTasks(sql: Sql, planKey: number, tasks: readonly PlanTaskRow[]): readonly number[] {
  const running = tasks.filter(({ status }) => status === 'running');
  if (running.length === 0) return [];
  const live = new Set(
    planRuns(sql, planKey)
      .filter(({ task, state }) => task !== null && state !== 'closed')
      .filter(({ runId }) => findRunById(sql, runId)?.endedAt === null)
      .map(({ task }) => task),
  );
  const owed = new Set(
    openActions(sql, planKey)
      .filter(({ status }) => status === 'pending')
      .map(({ data }) => data as Owed)
      .flatMap((one) =>
        (one.kind === 'spawn' || one.kind === 'ask') && one.task !== null ? [one.task] : [],
      ),
  );
  return running.map(({ number }) => number).filter((number) => !live.has(number) && !owed.has(number));
}
