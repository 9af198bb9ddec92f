import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How much later than asked the event loop came round, in seconds, over the last one to two windows. */
export type LoopLag = { readonly p50: number; readonly p99: number; readonly max: number };

/** The permanent measure of the event loop. */
export type LoopLagMeter = {
  readonly read: () => LoopLag;
  readonly close: () => void;
};

/** A timer this often is what the measure costs, and what a shorter delay can hide behind. */
export const lagResolutionMs = 10;
/** A figure tells of at least the last window, and at most the last two. */
export const lagWindowMs = 60_000;

/** Begins to measure. Of two histograms the one that has run longer is read; the other one was begun anew a window ago. */
export function createLoopLagMeter(windowMs: number = lagWindowMs): LoopLagMeter {
  let [older, newer] = [begin(), begin()];
  const rotate = setInterval(() => {
    older.reset();
    [older, newer] = [newer, older];
  }, windowMs);
  rotate.unref();
  return {
    read: () => ({
      p50: lagOf(older.percentile(50)),
      p99: lagOf(older.percentile(99)),
      max: lagOf(older.max),
    }),
    close: () => {
      clearInterval(rotate);
      older.disable();
      newer.disable();
    },
  };
}

function begin(): ReturnType<typeof monitorEventLoopDelay> {
  const histogram = monitorEventLoopDelay({ resolution: lagResolutionMs });
  histogram.enable();
  return histogram;
}

/** The histogram records the time from one round to the next; what is more than the interval is the lag. */
function lagOf(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - lagResolutionMs) / 1000;
}
