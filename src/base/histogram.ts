/** A histogram as it stands: `counts[i]` of the values were at most `bounds[i]`, `count` is all of them. */
export type HistogramReading = {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
};

/** Counts values by size. Costs a few comparisons for each value and never grows. */
export type Histogram = {
  readonly observe: (value: number) => void;
  readonly read: () => HistogramReading;
};

/** Makes an empty histogram over ascending upper bounds, each of which belongs to its bucket. */
export function createHistogram(bounds: readonly number[]): Histogram {
  const buckets = new Float64Array(bounds.length);
  let sum = 0;
  let count = 0;
  return {
    observe: (value) => {
      const index = bounds.findIndex((bound) => value <= bound);
      if (index >= 0) buckets[index] = (buckets[index] ?? 0) + 1;
      sum += value;
      count += 1;
    },
    read: () => {
      let below = 0;
      const counts = Array.from(buckets, (inBucket) => {
        below += inBucket;
        return below;
      });
      return { bounds, counts, sum, count };
    },
  };
}
