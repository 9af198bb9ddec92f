import { watch } from 'node:fs';

/** Something happened, or the time is up. */
export type Wake = {
  /** Resolves at the first change, nudge or at the deadline. */
  readonly wait: (ms: number) => Promise<void>;
  /** Wakes the waiter from inside, or lets the next wait return at once. */
  readonly nudge: () => void;
  /** Watches the folder. True when it only began to: look for yourself once more then, before you wait. */
  readonly arm: () => boolean;
  readonly close: () => void;
};

/**
 * Waits for changes of a run's folder. The watch is closed at its first event and armed again only when the reader has
 * nothing left to read: an agent that floods its output costs one event, not thousands.
 */
export function createWake(folder: string): Wake {
  let watcher: { close: () => void } | null = null;
  let isNudged = false;
  let resume: (() => void) | null = null;

  const disarm = () => {
    watcher?.close();
    watcher = null;
  };
  const nudge = () => {
    isNudged = true;
    resume?.();
  };
  return {
    nudge,
    arm: () => {
      if (watcher !== null) return false;
      try {
        const armed = watch(folder, () => {
          disarm();
          nudge();
        });
        armed.on('error', disarm); // the folder went away: the deadline still wakes
        watcher = armed;
        return true;
      } catch {
        return false; // no inotify watch left (ENOSPC) or no folder yet: the deadline still wakes
      }
    },
    wait: (ms) =>
      new Promise((resolve) => {
        if (isNudged) {
          isNudged = false;
          return resolve();
        }
        const finish = () => {
          clearTimeout(timer);
          isNudged = false;
          resume = null;
          resolve();
        };
        const timer = setTimeout(finish, ms);
        resume = finish;
      }),
    close: () => {
      disarm();
      nudge();
    },
  };
}
