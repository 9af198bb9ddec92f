import { AppError } from '../../contract/index.ts';
import { findRunByName, type RunRow, type Sql } from '../../foundation/store/index.ts';

/** The name, if it may be given: names are unique among live runs (contract §10.2). Throws `name_taken`. */
export function refuseTakenName(sql: Sql, name: string | null): string | null {
  const other = name === null ? undefined : liveRunNamed(sql, name);
  if (other === undefined) return name;
  throw new AppError('name_taken', `The live run ${other.id} is named '${name}' already`, {
    hint: 'choose another name, or cancel that run',
  });
}

/** The name, or none where a live run has it: a retry takes over what its predecessor left. */
export function freeName(sql: Sql, name: string | null): string | null {
  return name === null || liveRunNamed(sql, name) === undefined ? name : null;
}

function liveRunNamed(sql: Sql, name: string): RunRow | undefined {
  const run = findRunByName(sql, name);
  return run?.endedAt === null ? run : undefined;
}
