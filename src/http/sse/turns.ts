import type { Clock } from '../../base/index.ts';

/** Work of this long is done in one go, then everything else gets its chance: what streams may add to the loop's lag. */
export const sliceMs = 5;
/** Turns that may wait for the disk at the same time: the threads that read files are shared with the runs' followers. */
export const turnsAtOnce = 8;

/** Takes turns: readers that catch up are served one page after the other, never all at once. */
export type Turns = {
  /** Does `work` when its turn has come. `isUrgent`: before whatever waits already. */
  readonly take: <T>(work: () => Promise<T>, options?: { readonly isUrgent?: boolean }) => Promise<T>;
};

/** Makes the queue of turns. */
export function createTurns(clock: Clock): Turns {
  const waiting: (() => Promise<void>)[] = [];
  let active = 0;
  let sliceBegan = Number.NEGATIVE_INFINITY;
  let isScheduled = false;

  const pump = () => {
    while (waiting.length > 0 && active < turnsAtOnce) {
      if (clock.monotonic() - sliceBegan > sliceMs) return schedule();
      active += 1;
      void waiting.shift()?.();
    }
  };
  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      sliceBegan = clock.monotonic();
      pump();
    });
  };

  return {
    take: (work, { isUrgent = false } = {}) =>
      new Promise((resolve, reject) => {
        const turn = () =>
          work()
            .then(resolve, reject)
            .finally(() => {
              active -= 1;
              pump();
            });
        if (isUrgent) waiting.unshift(turn);
        else waiting.push(turn);
        pump();
      }),
  };
}
