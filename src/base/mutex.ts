/** Runs one piece of work at a time, in the order they were handed over. */
export type Mutex = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes a mutex of its own. Work that fails lets the next one in. */
export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => {}); // whoever handed it over sees the failure
    return mine;
  };
}
