import { type Log, systemClock } from '../base/index.ts';
import type { Composed } from './compose.ts';
import { createDrain } from './drain.ts';
import { removePidFiles } from './pid-files.ts';

/** How long requests under way may take to end at a stop. */
const drainGraceMs = 5000;

/** How long deliveries under way may take; what is cut short is delivered again by the next daemon. */
const hooksGraceMs = 2000;

/** What a stop needs to know besides the parts. */
export type Stop = {
  readonly stateRoot: string;
  readonly instanceId: string;
  readonly log: Log;
  readonly reason: string;
};

/**
 * Stops the daemon's parts. In this order: listeners closed and readers told, hooks stopped, runs left alone, the stop
 * journaled, store closed, files removed.
 */
export async function stop(parts: Composed, { stateRoot, instanceId, log, reason }: Stop): Promise<void> {
  const { store, http, runs, plans, signals, hooks } = parts;
  const drain = createDrain({
    clock: systemClock,
    log,
    steps: [
      {
        name: 'connections',
        timeoutMs: drainGraceMs + 1000,
        run: () => http.close({ graceMs: drainGraceMs }),
      },
      {
        name: 'plans',
        timeoutMs: 3000,
        run: async () => {
          await signals.close();
          await plans.close();
        },
      },
      { name: 'hooks', timeoutMs: hooksGraceMs + 1000, run: () => hooks.close(hooksGraceMs) },
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
