import { AppError, type Approval, type ResolveApproval } from '../../contract/index.ts';
import { type ApprovalRow, getRun, resolveApproval, type Store } from '../../foundation/store/index.ts';
import { findApproval } from './find.ts';
import { resumeIfNothingWaits, tellResolved } from './follow/apply.ts';
import type { Supervisors } from './supervisors.ts';
import { viewApproval } from './view.ts';

const statusOf = { allow: 'allowed', deny: 'denied', answer: 'answered' } as const;

export type ApproveOptions = {
  readonly store: Store;
  readonly supervisors: Supervisors;
  readonly by: string;
};

/**
 * Answers an approval: the answer, the event and the line for the agent are one transaction; the first one wins. Throws
 * `approval_resolved`, or `invalid_request` for an answer that does not fit the request.
 */
export async function approve(
  ref: string,
  body: ResolveApproval,
  { store, supervisors, by }: ApproveOptions,
): Promise<Approval> {
  const approval = store.read((sql) => findApproval(sql, ref));
  if (approval.status !== 'pending') throw resolved(approval);
  const answer = {
    decision: body.decision,
    always: body.always ?? false,
    optionId: checkedOption(approval, body),
    text: body.text ?? null,
  };
  const status = statusOf[body.decision];
  const reason = body.reason ?? body.text ?? null;
  await supervisors.of(approval.runKey).answer(approval.agentKey, answer, (tx) => {
    if (!resolveApproval(tx, approval.id, { status, by, reason, at: tx.now }))
      throw resolved(findApproval(tx, approval.id));
    const run = getRun(tx, approval.runKey);
    tellResolved(tx, run, { id: approval.id, status, by, reason });
    resumeIfNothingWaits(tx, run);
  });
  return viewApproval(store.read((sql) => findApproval(sql, approval.id)));
}

function resolved({ id, status, resolvedBy }: ApprovalRow): AppError {
  const by = resolvedBy === null ? '' : ` by ${resolvedBy}`;
  return new AppError('approval_resolved', `The approval ${id} was ${status} already${by}`, {
    hint: 'the first answer wins; drover approvals shows what waits',
  });
}

/** The option that was named, or that the words of an answer to a permission mean. */
function checkedOption({ kind, options }: ApprovalRow, body: ResolveApproval): string | null {
  const names = options.map((option) => option.id).join(', ') || 'none';
  if (body.option_id !== undefined) {
    if (options.some((option) => option.id === body.option_id)) return body.option_id;
    throw new AppError('invalid_request', `This approval has no option '${body.option_id}'`, {
      hint: `it has ${names}`,
    });
  }
  if (kind === 'question' || body.decision !== 'answer') return null;
  const meant = options.find((option) => option.id === body.text || option.label === body.text);
  if (meant !== undefined) return meant.id;
  throw new AppError(
    'invalid_request',
    'A permission is allowed or denied, or answered by one of its options',
    {
      hint: `its options are ${names}`,
    },
  );
}
