import { toTimestamp } from '../../base/index.ts';
import { AppError } from '../../contract/index.ts';
import { type ApprovalRow, getRun, type Resolution, resolveApproval } from '../../foundation/store/index.ts';
import type { ApprovalAnswer } from '../agents/index.ts';
import { findApproval } from './find.ts';
import { tellResolved } from './follow/apply.ts';
import { resumeIfNothingWaits } from './follow/waiting.ts';
import type { Supervisors } from './supervisors.ts';

export type Settlement = {
  readonly answer: ApprovalAnswer;
  readonly resolution: Omit<Resolution, 'at'>;
};

/**
 * Answers a pending approval: the row, its event and the line for the agent are one transaction. The first answer wins;
 * throws `approval_resolved` for a later one, of which nothing is stored.
 */
export async function settleApproval(
  approval: ApprovalRow,
  supervisors: Pick<Supervisors, 'of'>,
  { answer, resolution }: Settlement,
): Promise<void> {
  await supervisors.of(approval.runKey).answer(approval.agentKey, answer, (tx) => {
    if (!resolveApproval(tx, approval.id, { ...resolution, at: tx.now }))
      throw alreadyResolved(findApproval(tx, approval.id));
    const run = getRun(tx, approval.runKey);
    tellResolved(tx, run, { id: approval.id, ...resolution });
    resumeIfNothingWaits(tx, run);
  });
}

/** The refusal of an answer that came too late: who was first, when, or why nobody can answer any more. */
export function alreadyResolved({ id, status, resolvedBy, resolvedAt, reason }: ApprovalRow): AppError {
  const at = resolvedAt === null ? '' : ` at ${toTimestamp(resolvedAt)}`;
  const message =
    status === 'expired'
      ? `The approval ${id} has expired${at}: ${reason ?? 'nobody answered'}`
      : `The approval ${id} was ${status} already by ${resolvedBy ?? 'somebody'}${at}`;
  return new AppError('approval_resolved', message, {
    hint: 'the first answer wins; drover approvals shows what waits',
  });
}
