import { AppError, isIdPrefix } from '../../contract/index.ts';
import {
  type ApprovalRow,
  findApprovals,
  findRunByName,
  findRunsById,
  type RunRow,
  type Sql,
} from '../../foundation/store/index.ts';

/** The run of an id, a name or a unique id prefix (contract §10.2): an exact name beats a prefix, a whole id any name. */
export function findRun(sql: Sql, ref: string): RunRow {
  const found = isIdPrefix('run', ref) ? findRunsById(sql, ref) : [];
  const whole = found.find((run) => run.id === ref);
  if (whole !== undefined) return whole;
  const named = findRunByName(sql, ref);
  if (named !== undefined) return named;
  if (found.length > 1) throw ambiguous(ref, found);
  const [run] = found;
  if (run === undefined) {
    throw new AppError('run_not_found', `No run '${ref}'`, { hint: 'drover runs list shows them' });
  }
  return run;
}

/** The approval of an id or a unique id prefix. */
export function findApproval(sql: Sql, ref: string): ApprovalRow {
  const found = isIdPrefix('apr', ref) ? findApprovals(sql, ref) : [];
  if (found.length > 1) throw ambiguous(ref, found);
  const [approval] = found;
  if (approval === undefined) {
    throw new AppError('approval_not_found', `No approval '${ref}'`, {
      hint: 'drover approvals shows what waits',
    });
  }
  return approval;
}

/** The store looks for two at most: enough to show where the ids part. */
function ambiguous(ref: string, found: readonly { readonly id: string }[]): AppError {
  return new AppError('ambiguous_id', `'${ref}' fits more than one`, {
    hint: `give more characters of the id: it fits ${found.map(({ id }) => id).join(' and ')}`,
  });
}
