import type { Bus } from '../../base/index.ts';
import { AppError } from '../../contract/index.ts';
import { eventPage, findRunsById, type Store } from '../../foundation/store/index.ts';
import { eventOfRow, type JournalEntry, toEntry } from './entry.ts';
import { type OutputFile, readOutputTexts } from './output-text.ts';
import { createTail } from './tail.ts';

export type { JournalEntry } from './entry.ts';

export type JournalQuery = {
  /** Events after this seq; 0 = from the beginning. */
  readonly after: number;
  readonly limit: number;
  /** Stop after about this many bytes of JSON, but give at least one event. */
  readonly maxBytes: number;
  /** Only events of this run. */
  readonly runId: string | null;
};

/** The journal as readers see it. */
export type Journal = {
  /** Seq of the last committed event. */
  readonly lastSeq: () => number;
  /** Events in order; `scannedTo` is the next `after`. Throws `cursor_unknown` for a seq that was never given. */
  readonly read: (
    query: JournalQuery,
  ) => Promise<{ readonly events: readonly JournalEntry[]; readonly scannedTo: number }>;
  /** Calls with the last seq after each commit. Returns the function that unsubscribes. */
  readonly subscribe: (listener: (lastSeq: number) => void) => () => void;
  /** Seq of the last event of a run that has ended, else null. */
  readonly lastSeqOfRun: (runId: string) => number | null;
};

export type JournalOptions = { readonly store: Store; readonly bus: Bus; readonly outputFile: OutputFile };

/** Makes the journal over a store. */
export function createJournal({ store, bus, outputFile }: JournalOptions): Journal {
  const tail = createTail(store.lastSeq());
  store.onCommit(tail.append);

  const readStored = async ({ after, limit, maxBytes, runId }: JournalQuery) => {
    const upTo = store.lastSeq();
    const { events: rows, isCut } = store.read((sql) => {
      const runKey = runId === null ? null : (findRunsById(sql, runId)[0]?.key ?? -1);
      return eventPage(sql, { after, limit, runKey, maxBytes });
    });
    const texts = await readOutputTexts(rows, outputFile);
    const events = rows.map((row) => toEntry(eventOfRow(row, texts.get(row.seq))));
    return { events, scannedTo: isCut ? (rows.at(-1)?.seq ?? upTo) : upTo };
  };

  return {
    lastSeq: store.lastSeq,
    read: async (query) => {
      if (query.after > store.lastSeq()) {
        throw new AppError(
          'cursor_unknown',
          `No event ${query.after} was ever given; the last one is ${store.lastSeq()}`,
          {
            hint: 'start again without a cursor',
          },
        );
      }
      return tail.covers(query.after) ? tail.read(query) : readStored(query);
    },
    subscribe: bus.subscribe,
    lastSeqOfRun: (runId) => store.read((sql) => findRunsById(sql, runId)[0]?.endSeq ?? null),
  };
}
