import type { PlanHead, VerdictRow } from '../../foundation/store/index.ts';

/** The verdict by which a plan is done: where nothing verifies, that of its review. */
export function verdictOf({
  verification,
  review,
}: Pick<PlanHead, 'verification' | 'review'>): VerdictRow | null {
  return verification ?? review;
}

/** When the base was seen to have all of a plan that is done; null: not since its last verdict. */
export function mergedAtOf(
  plan: Pick<PlanHead, 'status' | 'verification' | 'review' | 'mergedAt'>,
): number | null {
  const { status, mergedAt } = plan;
  const isVoid = mergedAt === null || mergedAt < (verdictOf(plan)?.at ?? 0);
  return status !== 'done' || isVoid ? null : mergedAt;
}
