import { type Clock, settledWithin } from '../../base/index.ts';
import { AppError, isEnded } from '../../contract/index.ts';
import { getRun, type RunRow, type Store } from '../../foundation/store/index.ts';
import { findRun } from './find.ts';
import { cancelQueued } from './live/finish.ts';
import type { Supervisors } from './supervisors.ts';

/** How long `cancel` waits for the tree before it answers that it goes on (contract §10.10). */
export const cancelAnswerMs = 10_000;

export type CancelOptions = {
  readonly store: Store;
  readonly clock: Clock;
  readonly supervisors: Supervisors;
  readonly by: string;
};

/**
 * Cancels a run: the intention is stored first, then the tree is ended. Asking twice waits for the same end. Throws
 * `run_ended` when it ended before, or otherwise.
 */
export async function cancelRun(
  ref: string,
  { store, clock, supervisors, by }: CancelOptions,
): Promise<'canceled' | 'canceling'> {
  const run = store.read((sql) => findRun(sql, ref));
  if (isEnded(run.status)) throw ended(run);
  const reason = `Canceled by ${by}`;
  const row = () => store.read((sql) => getRun(sql, run.key));
  const answerBy = clock.monotonic() + cancelAnswerMs;
  do {
    if ((await store.write((tx) => cancelQueued(tx, run.key, reason))) === 'canceled') return 'canceled';
    if (isEnded(row().status)) throw ended(row());
    const supervisor = supervisors.of(run.key);
    await supervisor.stop('cancel', reason);
    await settledWithin(supervisor.done, answerBy - clock.monotonic(), clock);
  } while (row().status === 'queued'); // it went back to the queue between our two looks
  const { status } = row();
  if (!isEnded(status)) return 'canceling';
  if (status !== 'canceled') throw ended(row());
  return 'canceled';
}

function ended(run: RunRow): AppError {
  return new AppError('run_ended', `The run ${run.id} has ended already: ${run.status}`);
}
