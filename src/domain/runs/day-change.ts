import { type Clock, endOfLocalDay, inBackground, type Log, localDay } from '../../base/index.ts';

/** While a change of day is waited for, the time is looked at this often: a clock is set, and a machine sleeps. */
export const maxDaySleepMs = 60_000;

/** Waits for the next day, once, and says when it is there. */
export type DayChange = { readonly wait: () => void };

/** Makes it. */
export function createDayChange({
  clock,
  log,
  signal,
  onChange,
}: {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly onChange: () => void;
}): DayChange {
  let isWaiting = false;
  const wait = async () => {
    const today = localDay(clock.now());
    while (localDay(clock.now()) === today) {
      const leftMs = endOfLocalDay(today) + 1 - clock.now();
      await clock.sleep(Math.min(Math.max(leftMs, 1), maxDaySleepMs), signal);
    }
  };
  return {
    wait: () => {
      if (isWaiting || signal.aborted) return;
      isWaiting = true;
      const over = wait().then(
        () => {
          isWaiting = false;
          onChange();
        },
        () => {}, // the daemon stops: the next one looks at its start
      );
      inBackground(log, 'wait for the next day', over);
    },
  };
}
