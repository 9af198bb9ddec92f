import type { CommittedEvent } from '../../foundation/store/index.ts';
import { type JournalEntry, toEntry } from './entry.ts';

/** What the tail may need of memory: some 2,500 small events. */
const maxTailBytes = 4 * 2 ** 20;

/** What an event needs beyond its texts once it was read, as JSON and as the bytes of a stream: measured. */
const eventOverheadBytes = 1500;

type Kept = {
  readonly seq: number;
  readonly runId: string | null;
  readonly bytes: number;
  /** The event until somebody reads it, then its JSON. */
  content: { readonly event: CommittedEvent } | { readonly entry: JournalEntry };
};

/** The newest events, in memory, each turned into JSON at most once however many readers there are. */
export type Tail = {
  readonly append: (events: readonly CommittedEvent[]) => void;
  /** True when every event after `after` is still here. */
  readonly covers: (after: number) => boolean;
  /** As `Journal.read`, for a cursor that the tail covers. */
  readonly read: (query: { after: number; limit: number; maxBytes: number; runId: string | null }) => {
    events: JournalEntry[];
    scannedTo: number;
  };
};

/** Makes an empty tail; `lastSeq` is the seq before the first event it will see. */
export function createTail(lastSeq: number): Tail {
  let kept: (Kept | undefined)[] = [];
  let first = 0;
  let bytes = 0;
  let nextSeq = lastSeq + 1;

  const drop = () => {
    while (bytes > maxTailBytes && kept.length - first > 1) {
      bytes -= kept[first]?.bytes ?? 0;
      kept[first] = undefined;
      first += 1;
    }
    if (first > kept.length / 2) {
      kept = kept.slice(first);
      first = 0;
    }
  };

  const firstSeq = () => kept[first]?.seq ?? nextSeq;

  return {
    append: (events) => {
      for (const event of events) {
        const size = eventOverheadBytes + textSize(event);
        kept.push({ seq: event.seq, runId: event.runId, bytes: size, content: { event } });
        bytes += size;
        nextSeq = event.seq + 1;
      }
      drop();
    },
    covers: (after) => after + 1 >= firstSeq(),
    read: ({ after, limit, maxBytes, runId }) => {
      let size = 0;
      const events: JournalEntry[] = [];
      let scannedTo = after;
      for (
        let index = first + Math.max(0, after + 1 - firstSeq());
        index < kept.length && events.length < limit && size < maxBytes;
        index += 1
      ) {
        const item = kept[index] as Kept;
        scannedTo = item.seq;
        if (runId !== null && item.runId !== runId) continue;
        const entry = 'entry' in item.content ? item.content.entry : toEntry(item.content.event);
        item.content = { entry };
        events.push(entry);
        size += entry.json.length;
      }
      return { events, scannedTo };
    },
  };
}

function textSize(event: CommittedEvent): number {
  let size = 0;
  for (const value of Object.values(event.data)) {
    if (typeof value === 'string') size += 2 * value.length;
    else if (typeof value === 'object' && value !== null) size += 2 * JSON.stringify(value).length;
  }
  return size;
}
