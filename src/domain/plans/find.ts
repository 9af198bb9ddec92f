import { AppError, isIdPrefix } from '../../contract/index.ts';
import { findPlan, findPlansById, type PlanRow, type Sql } from '../../foundation/store/index.ts';

/** The plan of a name, an id or a unique id prefix (contract §10.2): a name or whole id beats a prefix. */
export function seekPlan(sql: Sql, repoId: string, ref: string): PlanRow | undefined {
  const exact = findPlan(sql, repoId, ref);
  if (exact !== undefined || !isIdPrefix('plan', ref)) return exact;
  const found = findPlansById(sql, repoId, ref);
  if (found.length <= 1) return found[0];
  throw new AppError('ambiguous_id', `'${ref}' fits more than one plan`, {
    hint: `give more characters of the id: it fits ${found.map(({ id, name }) => `${id} (${name})`).join(' and ')}`,
  });
}
