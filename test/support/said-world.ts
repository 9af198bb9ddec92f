import type { Test } from 'tap';
import type { PlanRow, PlanRunRow, PlanTaskRow } from '../../src/foundation/store/index.ts';
import { plansRoom } from './plans-room.ts';

type SaidOf = Partial<PlanRunRow> & { readonly taskStatus?: PlanTaskRow['status'] };

/** A plan `auth` of one task that is `at`, with one run of it: for what is said of it, where nobody is started. */
export async function saidWorld(t: Test, at: Partial<PlanRow>, { taskStatus = 'running', ...run }: SaidOf) {
  const room = await plansRoom(t, { waves: [[1]], runs: { row: () => null } });
  await room.set(at, { status: taskStatus, attempt: 1 });
  await room.ran('run_1', { planBase: room.row().baseCommit, state: 'open', ...run });
  return room;
}
