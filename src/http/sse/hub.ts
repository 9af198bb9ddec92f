import { type Clock, inBackground, type Log } from '../../base/index.ts';
import type { JournalEntry, Services } from '../services.ts';
import { comment, frames } from './frame.ts';
import { createReader, pageBytes, pageEvents, type Reader, type ReaderOptions } from './reader.ts';
import { createTurns } from './turns.ts';

/** Under a flood, events of this long are sent together: a hundred readers cost a hundred writes, not a thousand. */
const gatherMs = 5;

/** All open event streams. */
export type StreamHub = {
  /** Serves one reader until it has all, leaves, or the hub closes. Throws before a byte is sent, never after. */
  readonly open: (options: ReaderOptions) => Promise<void>;
  readonly size: () => number;
  /** Tells every reader with a comment and ends it. */
  readonly close: (reason: string) => void;
};

export type HubOptions = {
  readonly journal: Services['journal'];
  readonly log: Log;
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly recheckMs: number;
};

/**
 * Makes the hub. A reader that has caught up is *live*: new events are read once, framed once and the same buffer is
 * written to all of them. One whose socket is full is not live any more: it waits for its drain and then reads the
 * journal from its own cursor, a page at a time, until it has caught up again. Nothing is ever queued for it.
 */
export function createHub(options: HubOptions): StreamHub {
  const { journal, log, clock } = options;
  const readers = new Set<Reader>();
  const turns = createTurns(clock);
  let tip = journal.lastSeq();
  let isFlushing = false;
  let isNudged = false;
  let flushedAt = Number.NEGATIVE_INFINITY;
  let closedBecause: string | null = null;

  const nudge = () => {
    if (isFlushing || isNudged) {
      isNudged = true;
      return;
    }
    isNudged = true;
    if (readers.size === 0 || clock.monotonic() - flushedAt > gatherMs) setImmediate(startFlush);
    else setTimeout(startFlush, gatherMs).unref();
  };
  const startFlush = () => inBackground(log, 'send events', flush());

  const flush = async () => {
    isFlushing = true;
    try {
      while (isNudged) {
        isNudged = false;
        await sendUpTo(journal.lastSeq());
      }
    } catch (error) {
      isNudged = false; // the next heartbeat nudges again
      throw error;
    } finally {
      flushedAt = clock.monotonic();
      isFlushing = false;
    }
  };

  const sendUpTo = async (end: number) => {
    const sendPage = async () => {
      if (![...readers].some((reader) => reader.isLive())) {
        tip = end;
        return;
      }
      const page = await journal.read({ after: tip, limit: pageEvents, maxBytes: pageBytes, runId: null });
      deliver(page.events, { from: tip, to: page.scannedTo });
      hasMore = page.scannedTo > tip;
      tip = Math.max(tip, page.scannedTo);
    };
    let hasMore = true;
    while (hasMore && tip < end) await turns.take(sendPage, { isUrgent: true });
    const lastSeqs = new Map<string, number | null>();
    const lastSeqOf = (runId: string) => {
      if (!lastSeqs.has(runId)) lastSeqs.set(runId, journal.lastSeqOfRun(runId));
      return lastSeqs.get(runId) ?? null;
    };
    for (const reader of readers) reader.endIfComplete(lastSeqOf);
  };

  const deliver = (events: readonly JournalEntry[], span: { from: number; to: number }) => {
    const groups = groupFrames(events, readers);
    for (const reader of readers) {
      if (!reader.isLive()) continue;
      reader.push(groups.get(reader.runId), span);
    }
  };

  const unsubscribe = journal.subscribe(nudge);
  const heartbeat = setInterval(() => {
    for (const reader of readers) reader.beat();
    nudge();
  }, options.heartbeatMs);
  heartbeat.unref();
  const recheck = setInterval(() => {
    for (const reader of readers) inBackground(log, 'check the token of a stream', reader.recheck());
  }, options.recheckMs);
  recheck.unref();

  return {
    open: async (readerOptions) => {
      const reader = createReader({ ...readerOptions, journal, log, turns, tip: () => tip });
      await reader.start();
      readers.add(reader);
      if (closedBecause !== null) reader.end(comment(closedBecause));
      await reader.closed;
      readers.delete(reader);
    },
    size: () => readers.size,
    close: (reason) => {
      closedBecause = reason;
      clearInterval(heartbeat);
      clearInterval(recheck);
      unsubscribe();
      for (const reader of readers) reader.end(comment(reason));
    },
  };
}

/** The frames of a page, joined once per filter that a live reader has: null is the whole journal. */
function groupFrames(
  events: readonly JournalEntry[],
  readers: ReadonlySet<Reader>,
): ReadonlyMap<string | null, Buffer> {
  const wanted = new Set<string | null>();
  for (const reader of readers) if (reader.isLive()) wanted.add(reader.runId);
  const parts = new Map<string | null, JournalEntry[]>();
  const add = (filter: string | null, entry: JournalEntry) => {
    if (!wanted.has(filter)) return;
    const list = parts.get(filter);
    if (list === undefined) parts.set(filter, [entry]);
    else list.push(entry);
  };
  for (const entry of events) {
    add(null, entry);
    if (entry.runId !== null) add(entry.runId, entry);
  }
  return new Map([...parts].map(([filter, entries]) => [filter, frames(entries)]));
}
