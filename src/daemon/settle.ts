/** Nothing was journaled for this long: whatever was going on is over. */
const quietAfterMs = 2000;
/** Fewer events leave too little behind to be worth a collection of some ten milliseconds. */
export const leastEvents = 500;

export type SettleOptions = {
  /** Calls back with the newest seq after each commit; returns how to stop that. */
  readonly subscribe: (listener: (lastSeq: number) => void) => () => void;
  readonly lastSeq: number;
  readonly settle: () => void;
  readonly quietMs?: number;
};

/**
 * Settles memory each time that much was journaled and then nothing for a while: what is left behind then is garbage of
 * runs that have ended, and V8 keeps it until there is more. Returns how to stop.
 */
export function settleWhenQuiet({
  subscribe,
  lastSeq,
  settle,
  quietMs = quietAfterMs,
}: SettleOptions): () => void {
  let settledAt = lastSeq;
  let timer: NodeJS.Timeout | null = null;
  const unsubscribe = subscribe((newest) => {
    if (newest - settledAt < leastEvents) return;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => {
      settledAt = newest;
      settle();
    }, quietMs).unref();
  });
  return () => {
    unsubscribe();
    if (timer !== null) clearTimeout(timer);
  };
}
