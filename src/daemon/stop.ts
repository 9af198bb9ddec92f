import { type Log, systemClock } from '../base/index.ts';
import type { Composed } from './compose.ts';
import { createDrain } from './drain.ts';
import { removePidFiles } from './pid-files.ts';

/** How long requests under way may take to end at a stop. */
const drainGraceMs = 5000;

/** What a stop needs to know besides the parts. */
export type Stop = {
  readonly stateRoot: string;
  readonly instanceId: string;
  readonly log: Log;
  readonly reason: string;
};

/**
 * Stops the daemon's parts. In this order: listeners closed and readers told, runs left alone, the stop journaled, store
 * closed, files removed.
 */
export async function stop(parts: Composed, { stateRoot, instanceId, log, reason }: Stop): Promise<void> {
  const { store, http, runs } = parts;
  const drain = createDrain({
    clock: systemClock,
    log,
    steps: [
      {
        name: 'connections',
        timeoutMs: drainGraceMs + 1000,
        run: () => http.close({ graceMs: drainGraceMs }),
      },
      { name: 'runs', timeoutMs: 5000, run: () => runs.detach() },
      {
        name: 'journal',
        timeoutMs: 2000,
        run: async () =>
          void (await store.write((tx) =>
            tx.event({ type: 'daemon.stopping', data: { reason }, source: 'daemon' }),
          )),
      },
      { name: 'store', timeoutMs: 2000, run: () => store.close() },
      { name: 'files', timeoutMs: 1000, run: () => removePidFiles(stateRoot, instanceId) },
    ],
  });
  await drain(reason);
}
