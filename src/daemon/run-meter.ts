import { createHistogram, type Histogram, type HistogramReading } from '../base/index.ts';
import { type CommittedEvent, runTimes, type Store } from '../foundation/store/index.ts';

/** Upper bounds in seconds, from a command of a second to an agent that works for days. */
export const durationBounds = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400, 259_200];
/** Upper bounds in seconds: a launch takes tens of milliseconds, the queue before it may take hours. */
export const startBounds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 14_400];

/** How a run may end. */
export const finalStatuses = ['succeeded', 'failed', 'canceled', 'interrupted'] as const;

/** What happened to runs since this daemon started. */
export type RunFigures = {
  readonly finished: readonly { readonly status: string; readonly runtime: string; readonly count: number }[];
  readonly durations: ReadonlyMap<string, HistogramReading>;
  readonly starts: ReadonlyMap<string, HistogramReading>;
  readonly removed: number;
};

export type RunMeter = {
  readonly read: () => RunFigures;
  /** How many runs ended interrupted. */
  readonly interrupted: () => number;
};

/** Counts what the journal tells of runs, from now on. Every pair of `runtimes` and statuses is there from the start. */
export function createRunMeter(store: Store, runtimes: readonly string[]): RunMeter {
  const finished = new Map<string, number>();
  const durations = new Map<string, Histogram>();
  const starts = new Map<string, Histogram>();
  let removed = 0;
  let interrupted = 0;
  const know = (runtime: string) => {
    if (durations.has(runtime)) return;
    durations.set(runtime, createHistogram(durationBounds));
    starts.set(runtime, createHistogram(startBounds));
    for (const status of finalStatuses) finished.set(`${status} ${runtime}`, 0);
  };
  for (const runtime of runtimes) know(runtime);

  const note = ({ type, runId, data }: CommittedEvent) => {
    if (type === 'journal.truncated') {
      removed += 1;
      return;
    }
    if ((type !== 'run.started' && type !== 'run.finished') || runId === null) return;
    const times = store.read((sql) => runTimes(sql, runId));
    if (times === undefined) return;
    const { runtime, createdAt, startedAt, endedAt } = times;
    know(runtime);
    if (type === 'run.started') {
      if (startedAt !== null) starts.get(runtime)?.observe(seconds(startedAt - createdAt));
      return;
    }
    if (data.status === 'interrupted') interrupted += 1;
    const key = `${String(data.status)} ${runtime}`;
    finished.set(key, (finished.get(key) ?? 0) + 1);
    if (startedAt !== null && endedAt !== null) {
      durations.get(runtime)?.observe(seconds(endedAt - startedAt));
    }
  };
  store.onCommit((events) => events.forEach(note));

  return {
    read: () => ({
      finished: [...finished].map(([key, count]) => {
        const [status = '', runtime = ''] = key.split(' ');
        return { status, runtime, count };
      }),
      durations: readings(durations),
      starts: readings(starts),
      removed,
    }),
    interrupted: () => interrupted,
  };
}

/** The wall clock may have been set back between the two. */
function seconds(ms: number): number {
  return Math.max(0, ms) / 1000;
}

function readings(histograms: ReadonlyMap<string, Histogram>): ReadonlyMap<string, HistogramReading> {
  return new Map([...histograms].map(([runtime, histogram]) => [runtime, histogram.read()]));
}
