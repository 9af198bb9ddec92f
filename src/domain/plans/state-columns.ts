import type { PlanRow, PlanTaskRow } from '../../foundation/store/index.ts';
import type { Guidance, PlanState } from './machine/state.ts';
import { cutInMiddle } from './prompts/material.ts';
import type { ParsedPlan } from './text/parse.ts';

/** The longest reason of a block or of a task: lists and events hold them whole. */
export const maxReasonChars = 2000;

/** A plan as the machine sees it. */
export function toState(row: PlanRow, tasks: readonly PlanTaskRow[]): PlanState {
  const { id, status, phase, round, wave, reviewCycle, verifyCycle, feedback, progressHash } = row;
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
    guidance: guidanceOf(row),
    blocked: row.blockedReason === null ? null : { reason: row.blockedReason, by: row.blockedBy ?? 'daemon' },
    isForced: row.isForced,
    headCommit: row.headCommit,
    review: row.review,
    verification: row.verification,
  };
}

/** The columns that a decision has changed. */
export function toColumns(next: PlanState, before: PlanRow, now: number): Partial<PlanRow> {
  const { blocked, guidance, id: _id, tasks: _tasks, ...same } = next;
  const isSameBlock = blocked !== null && blocked.reason === before.blockedReason;
  return {
    ...same,
    guidance: guidance === null ? null : JSON.stringify(guidance),
    blockedReason: blocked?.reason ?? null,
    blockedBy: blocked?.by ?? null,
    blockedAt: blocked === null ? null : isSameBlock ? before.blockedAt : now,
    updatedAt: now,
  };
}

/** A reason as it is stored and told. */
export function cutReason(reason: string): string {
  return cutInMiddle(reason, maxReasonChars);
}

/** What was decided, with each reason as it is stored and told. */
export function withCutReasons(next: PlanState): PlanState {
  const { blocked } = next;
  return {
    ...next,
    blocked: blocked && { ...blocked, reason: cutReason(blocked.reason) },
    tasks: next.tasks.map((task) => ({ ...task, reason: task.reason && cutReason(task.reason) })),
  };
}

/** What a person has decided; a row of before has it as bare words. */
export function guidanceOf({ guidance }: Pick<PlanRow, 'guidance'>): Guidance | null {
  if (guidance === null) return null;
  const bare = { question: null, answer: guidance };
  if (!guidance.startsWith('{"')) return bare;
  try {
    const { question = null, answer } = JSON.parse(guidance) as Partial<Guidance>;
    return typeof answer === 'string' ? { question, answer } : bare;
  } catch {
    return bare; // words that only begin as such
  }
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
