/** The one door to time, so that a test can own it. */
export type Clock = {
  /** Milliseconds since the epoch; may jump when the system's clock is set. */
  readonly now: () => number;
  /** Milliseconds since an arbitrary start; never jumps. For measuring spans and deadlines. */
  readonly monotonic: () => number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};

/** The system's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
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
    }),
};

/** The instant `ms` as every resource and event writes it: RFC 3339, UTC, milliseconds. */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString();
}
