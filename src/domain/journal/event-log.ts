import { type RunRow, type Store, seqOfLastEvents } from '../../foundation/store/index.ts';
import type { Journal } from './journal.ts';

/** The events of a run as a log: one JSON object a line, up to `upTo`, which is where a reader goes on. */
export type EventLog = { readonly bytes: ReadableStream<Uint8Array>; readonly upTo: number };

const pageEvents = 500;
const pageBytes = 2 ** 20;

/** Opens it; it is read as the reader takes it. `tail`: only the last so many events. */
export function openEventLog(
  { journal, store }: { readonly journal: Pick<Journal, 'read' | 'lastSeq'>; readonly store: Store },
  run: RunRow,
  { tail }: { readonly tail: number | undefined },
): EventLog {
  const upTo = journal.lastSeq();
  const after = tail === undefined ? 0 : (startOfTail(store, run, tail) ?? upTo);
  return { bytes: ReadableStream.from(lines(journal, run.id, { after, upTo })), upTo };
}

/** After which seq the last events begin; null when none are wanted. */
function startOfTail(store: Store, run: RunRow, tail: number): number | null {
  if (tail === 0) return null;
  return Math.max(0, store.read((sql) => seqOfLastEvents(sql, run.key, tail)) - 1);
}

async function* lines(
  journal: Pick<Journal, 'read'>,
  runId: string,
  span: { readonly after: number; readonly upTo: number },
): AsyncGenerator<Uint8Array> {
  for (let { after } = span; after < span.upTo; ) {
    const page = await journal.read({ after, limit: pageEvents, maxBytes: pageBytes, runId });
    const events = page.events.filter((event) => event.seq <= span.upTo);
    if (events.length > 0) yield Buffer.from(events.map(({ json }) => `${json}\n`).join(''));
    after = page.scannedTo;
  }
}
