import { doneActions, type Sql } from '../../foundation/store/index.ts';
import type { Owed } from './machine/state.ts';

/** The round in which the work on a plan was begun, or begun anew on another branch: what was made before is not of it. */
export function roundOfBeginning(sql: Sql, planKey: number): number {
  const last = doneActions(sql, planKey, 'renew_branch').at(-1);
  return last === undefined ? 0 : (last.data as Owed).round;
}
