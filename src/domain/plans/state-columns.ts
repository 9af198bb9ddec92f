import type { PlanRow, PlanTaskRow } from '../../foundation/store/index.ts';
import type { PlanState } from './machine/state.ts';
import type { ParsedPlan } from './text/parse.ts';

/** A plan as the machine sees it. */
export function toState(row: PlanRow, tasks: readonly PlanTaskRow[]): PlanState {
  const { id, status, phase, round, wave, reviewCycle, verifyCycle, feedback, progressHash, guidance } = row;
  return {
    id,
    status,
    phase,
    round,
    wave,
    tasks: tasks.map(({ number, wave, status, attempt, reason }) => ({
      number,
      wave,
      status,
      attempt,
      reason,
    })),
    reviewCycle,
    verifyCycle,
    feedback,
    progressHash,
    guidance,
    blocked: row.blockedReason === null ? null : { reason: row.blockedReason, by: row.blockedBy ?? 'daemon' },
    isForced: row.isForced,
    headCommit: row.headCommit,
    review: row.review,
    verification: row.verification,
  };
}

/** The columns that a decision has changed. */
export function toColumns(next: PlanState, before: PlanRow, now: number): Partial<PlanRow> {
  const { blocked, id: _id, tasks: _tasks, ...same } = next;
  const isSameBlock = blocked !== null && blocked.reason === before.blockedReason;
  return {
    ...same,
    blockedReason: blocked?.reason ?? null,
    blockedBy: blocked?.by ?? null,
    blockedAt: blocked === null ? null : isSameBlock ? before.blockedAt : now,
    updatedAt: now,
  };
}

/** The tasks of a plan text, nothing done of them yet. */
export function freshTasks(plan: ParsedPlan): readonly PlanTaskRow[] {
  return plan.waves.flatMap(({ tasks }) =>
    tasks.map(({ number, wave, title, body }) => ({
      number,
      wave,
      title,
      body,
      status: 'pending' as const,
      attempt: 0,
      reason: null,
      commitId: null,
    })),
  );
}
