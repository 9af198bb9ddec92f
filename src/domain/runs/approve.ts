import { AppError, type Approval, type ResolveApproval } from '../../contract/index.ts';
import type { ApprovalRow, Store } from '../../foundation/store/index.ts';
import { findApproval } from './find.ts';
import { alreadyResolved, settleApproval } from './settle.ts';
import type { Supervisors } from './supervisors.ts';
import { viewApproval } from './view.ts';

const statusOf = { allow: 'allowed', deny: 'denied', answer: 'answered' } as const;

export type ApproveOptions = {
  readonly store: Store;
  readonly supervisors: Supervisors;
  readonly by: string;
};

/** A person answers an approval. Throws `approval_resolved`, or `invalid_request` for what does not fit the request. */
export async function approve(
  ref: string,
  body: ResolveApproval,
  { store, supervisors, by }: ApproveOptions,
): Promise<Approval> {
  const approval = store.read((sql) => findApproval(sql, ref));
  if (approval.status !== 'pending') throw alreadyResolved(approval);
  const answer = {
    decision: body.decision,
    always: body.always ?? false,
    optionId: checkedOption(approval, body),
    // Why something is denied is for the agent too.
    text: body.text ?? (body.decision === 'deny' ? (body.reason ?? null) : null),
  };
  await settleApproval(approval, supervisors, {
    answer,
    resolution: { status: statusOf[body.decision], by, reason: body.reason ?? body.text ?? null },
  });
  return viewApproval(store.read((sql) => findApproval(sql, approval.id)));
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
