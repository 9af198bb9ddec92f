/** Told that the journal grew up to `lastSeq`: a number, nothing else. Readers read the store themselves. */
export type BusListener = (lastSeq: number) => void;

/** The nudge between the journal's writer and its readers. */
export type Bus = {
  readonly publish: (lastSeq: number) => void;
  /** Returns the function that unsubscribes. */
  readonly subscribe: (listener: BusListener) => () => void;
};

/** Makes a bus. Listeners run synchronously and must not throw. */
export function createBus(): Bus {
  const listeners = new Set<BusListener>();
  return {
    publish: (lastSeq) => {
      for (const listener of listeners) listener(lastSeq);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
