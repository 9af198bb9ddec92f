import type { Event } from '../../src/contract/index.ts';
import { readJournal } from './journal-reader.ts';
import { until } from './until.ts';

/** What starts runs on a daemon, and knows when they are over. */
export type ShortRuns = {
  /** Starts `count` runs, never more than `atOnce` together, and waits for the end of all. */
  readonly play: (count: number, bodyOf: (index: number) => unknown) => Promise<void>;
  /** Ended runs by their status. */
  readonly ended: () => ReadonlyMap<string, number>;
  readonly close: () => void;
};

export type ShortRunsOptions = {
  readonly socket: string;
  /** Posts the body to /v1/runs and returns the id of the run. */
  readonly start: (body: unknown) => Promise<string>;
  readonly atOnce: number;
};

/** A single run may take this long, on a machine that is busy with other things. */
const endWithinMs = 60_000;

/** Follows the journal for the ends of runs. */
export function createShortRuns({ socket, start, atOnce }: ShortRunsOptions): ShortRuns {
  const ended = new Map<string, string>();
  const journal = readJournal(socket, ({ type, run_id: id, data }: Event) => {
    if (type === 'run.finished' && id !== undefined) ended.set(id, String(data.status));
  });
  let started = 0;

  const playOne = async (body: unknown) => {
    const id = await start(body);
    await until(`the end of ${id}`, () => ended.has(id), endWithinMs);
  };
  return {
    play: async (count, bodyOf) => {
      const last = started + count;
      const lane = async () => {
        while (started < last) {
          started += 1;
          await playOne(bodyOf(started));
        }
      };
      await Promise.all(Array.from({ length: atOnce }, lane));
    },
    ended: () => {
      const counts = new Map<string, number>();
      for (const status of ended.values()) counts.set(status, (counts.get(status) ?? 0) + 1);
      return counts;
    },
    close: journal.close,
  };
}
