import { type Clock, systemClock } from '../../src/base/index.ts';

/** A clock of which a test can set the time of day; who sleeps is woken when their time has come by that. */
export type WallClock = Clock & { readonly pass: (ms: number) => void };

/** Makes one that shows the time of the system until it is put forward, or back. */
export function createWallClock(): WallClock {
  let ahead = 0;
  const sleepers = new Set<() => void>();
  const now = () => systemClock.now() + ahead;
  return {
    now,
    monotonic: systemClock.monotonic,
    sleep: async (ms, signal) => {
      const dueAt = now() + ms;
      const woken = new AbortController();
      const wake = () => {
        if (now() >= dueAt) woken.abort();
      };
      sleepers.add(wake);
      try {
        const either = signal === undefined ? woken.signal : AbortSignal.any([signal, woken.signal]);
        await systemClock.sleep(ms, either);
      } catch (error) {
        if (!woken.signal.aborted || signal?.aborted === true) throw error;
      } finally {
        sleepers.delete(wake);
      }
    },
    pass: (ms) => {
      ahead += ms;
      for (const wake of sleepers) wake();
    },
  };
}
