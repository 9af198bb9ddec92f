import type { Clock, Log } from '../../base/index.ts';

export type HeartbeatOptions = {
  readonly everyMs: number;
  /** Resolves when the daemon can do its work; rejects when it cannot, and never settles when it is stuck. */
  readonly probe: () => Promise<void>;
  /** Tells the manager that we live. Rejects when that cannot be done now. */
  readonly send: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends it. */
  readonly signal: AbortSignal;
};

/** A sign of life that could not be given is tried again this soon: for want of a process or a descriptor, say. */
export const retryMs = 1000;

/**
 * Gives a sign of life every `everyMs` until the signal, each only after the probe has been answered. A probe that hangs
 * ends the signs of life by itself, and then the manager ends us.
 */
export async function keepBeating({
  everyMs,
  probe,
  send,
  clock,
  log,
  signal,
}: HeartbeatOptions): Promise<void> {
  let isWell = true;
  let waitMs = everyMs;
  while (await slept(clock, waitMs, signal)) {
    const beganAt = clock.monotonic();
    try {
      await probe();
      if (signal.aborted) return;
      await send();
      isWell = true;
      waitMs = Math.max(everyMs - (clock.monotonic() - beganAt), 0);
    } catch (error) {
      if (isWell) log.warn('no sign of life was given to the service manager', { err: error });
      isWell = false;
      waitMs = Math.min(everyMs, retryMs);
    }
  }
}

/** False when the signal came first. */
function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(ms, signal).then(
    () => true,
    () => false,
  );
}
