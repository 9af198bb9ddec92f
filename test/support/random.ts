/** A repeatable source of numbers: the same seed gives the same sequence (mulberry32). */
export type Random = {
  readonly seed: number;
  /** 0 <= x < 1 */
  readonly next: () => number;
  /** 0 <= n < below, whole */
  readonly below: (below: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
};

/** Makes one from `DROVER_TEST_SEED`, or from the clock: print `seed`. */
export function createRandom(seed = Number(process.env.DROVER_TEST_SEED ?? Date.now() % 2 ** 31)): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return { seed, next, below, pick: (from) => from[below(from.length)] as (typeof from)[number] };
}
