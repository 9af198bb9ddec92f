/** The one door to time, so that a test can own it. */
export type Clock = {
  /** Milliseconds since the epoch; may jump when the system's clock is set. */
  readonly now: () => number;
  /** Milliseconds since an arbitrary start; never jumps. For measuring spans and deadlines. */
  readonly monotonic: () => number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};

/** The longest wait that the platform's timers know: a longer one would be over at once. */
export const maxTimerMs = 2 ** 31 - 1;

/** The system's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    let leftMs = ms;
    for (; leftMs > maxTimerMs; leftMs -= maxTimerMs) await waitOnce(maxTimerMs, signal);
    await waitOnce(leftMs, signal);
  },
};

function waitOnce(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The instant `ms` as every resource and event writes it: RFC 3339, UTC, milliseconds. */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString();
}

/** The day of an instant where this machine is, as `2026-11-28`. */
export function localDay(ms: number): string {
  const at = new Date(ms);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** The first instant of a local day. A day whose midnight the clock skips begins later. */
export function startOfLocalDay(day: string): number {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date).getTime();
}

/** The last instant of a local day, which may have 23 or 25 hours. */
export function endOfLocalDay(day: string): number {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + 1).getTime() - 1;
}
