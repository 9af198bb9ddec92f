import type { Services } from '../services.ts';
import { pageBytes, pageEvents } from './reader.ts';

/**
 * A page of events as JSON text, made piece by piece as the client takes it, so that `limit=0` costs no more memory
 * than one page of the journal. `next_cursor` is the next `after`, or null when there is nothing more yet.
 */
export async function* eventPage(
  journal: Services['journal'],
  query: { readonly after: number; readonly limit: number; readonly runId: string | null },
): AsyncGenerator<string> {
  const end = journal.lastSeq();
  const wanted = query.limit === 0 ? Number.POSITIVE_INFINITY : query.limit;
  let cursor = query.after;
  let count = 0;
  yield '{"items":[';
  while (cursor < end && count < wanted) {
    const limit = Math.min(pageEvents, wanted - count);
    const page = await journal.read({ after: cursor, limit, maxBytes: pageBytes, runId: query.runId });
    if (page.scannedTo <= cursor) break;
    if (page.events.length > 0) {
      yield (count === 0 ? '' : ',') + page.events.map((entry) => entry.json).join(',');
    }
    count += page.events.length;
    cursor = page.scannedTo;
  }
  yield `],"next_cursor":${cursor < end ? `"${cursor}"` : 'null'}}\n`;
}
