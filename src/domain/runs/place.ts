import type { RunRow } from '../../foundation/store/index.ts';

/** Id of the run whose worktree or scratch folder this run works in: its own unless it goes on in that of another. */
export function placeIdOf(run: Pick<RunRow, 'id' | 'placeOf'>): string {
  return run.placeOf ?? run.id;
}
