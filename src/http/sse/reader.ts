import type { ServerResponse } from 'node:http';
import { inBackground, type Log } from '../../base/index.ts';
import type { Services } from '../services.ts';
import { comment, frames } from './frame.ts';
import type { Turns } from './turns.ts';

/** The most that is read from the journal at a time for one reader: what a slow one can cost, and what a socket takes at once. */
export const pageEvents = 256;
export const pageBytes = 32 * 1024;

export type ReaderOptions = {
  readonly out: ServerResponse;
  /** Only the events of this run; the stream ends after its last one. */
  readonly runId: string | null;
  /** The cursor: the reader has everything up to this seq. */
  readonly after: number;
  /** False: end at the last event there is. */
  readonly isFollowing: boolean;
  readonly isStillValid: (() => Promise<boolean>) | null;
};

type ReaderInternals = ReaderOptions & {
  readonly journal: Services['journal'];
  readonly log: Log;
  readonly tip: () => number;
  readonly turns: Turns;
};

/** One client of the journal, with its own cursor. */
export type Reader = {
  readonly runId: string | null;
  readonly closed: Promise<void>;
  /** Reads the first page, sends the head and begins to catch up. Throws before a byte is sent. */
  readonly start: () => Promise<void>;
  /** Caught up and able to take more: fed by the hub. */
  readonly isLive: () => boolean;
  readonly push: (frames: Buffer | undefined, span: { from: number; to: number }) => void;
  /** Ends a live reader that was given the last event of its run. Asks only after something came. */
  readonly endIfComplete: (lastSeqOf: (runId: string) => number | null) => void;
  readonly beat: () => void;
  readonly recheck: () => Promise<void>;
  readonly end: (lastWords?: string) => void;
};

type Mode = 'catching-up' | 'live' | 'over';

/** Makes a reader on a response that has not been begun. */
export function createReader(options: ReaderInternals): Reader {
  const { out, runId, journal, log, isFollowing, turns } = options;
  const firstEnd = journal.lastSeq();
  let cursor = options.after;
  let mode: Mode = 'catching-up';
  let hasNews = false;
  const closed = new Promise<void>((resolve) => out.once('close', resolve));
  out.once('close', () => {
    mode = 'over';
  });
  out.on('error', () => {}); // the client left; 'close' follows

  const end = (lastWords?: string) => {
    if (mode === 'over') return;
    mode = 'over';
    out.end(lastWords);
  };
  const isComplete = (lastSeqOf: (runId: string) => number | null) => {
    if (!isFollowing && cursor >= firstEnd) return true;
    const last = runId === null ? null : lastSeqOf(runId);
    return last !== null && cursor >= last;
  };
  const readPage = () => journal.read({ after: cursor, limit: pageEvents, maxBytes: pageBytes, runId });

  const catchUp = async (first?: Awaited<ReturnType<typeof readPage>>) => {
    mode = 'catching-up';
    let page = first;
    for (;;) {
      let hasRoom = true;
      let hasMoved = false;
      await turns.take(async () => {
        if (isOver()) return;
        const { events, scannedTo } = page ?? (await readPage());
        if (isOver()) return;
        hasRoom = events.length === 0 || out.write(frames(events));
        hasMoved = scannedTo > cursor;
        cursor = Math.max(cursor, scannedTo);
      });
      page = undefined;
      if (isOver()) return;
      if (isComplete(journal.lastSeqOfRun)) return end();
      if (!hasRoom) {
        await drained(out);
        if (isOver()) return;
      }
      if (cursor >= options.tip() && (cursor >= journal.lastSeq() || !hasMoved)) break;
    }
    mode = 'live';
  };
  const isOver = () => mode === 'over';
  const fallBehind = (whenDrained: boolean) => {
    mode = 'catching-up';
    serve(async () => {
      if (whenDrained) await drained(out);
      if (!isOver()) await catchUp();
    });
  };
  const serve = (work: () => Promise<void>) => {
    const failing = work().catch((error: unknown) => {
      end(comment('the stream failed; resume it')); // the log says why; the reader has its cursor
      throw error;
    });
    inBackground(log, 'serve an event stream', failing);
  };

  return {
    runId,
    closed,
    start: async () => {
      const first = await turns.take(readPage, { isUrgent: true });
      if (isOver()) return;
      out.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
      out.flushHeaders();
      mode = 'catching-up';
      serve(() => catchUp(first));
    },
    isLive: () => mode === 'live',
    push: (frames, span) => {
      if (cursor >= span.to) return;
      if (cursor !== span.from) return fallBehind(false);
      cursor = span.to;
      hasNews ||= frames !== undefined;
      if (frames !== undefined && !out.write(frames)) fallBehind(true);
    },
    endIfComplete: (lastSeqOf) => {
      if (mode !== 'live' || !hasNews) return;
      hasNews = false;
      if (isComplete(lastSeqOf)) end();
    },
    beat: () => {
      hasNews = true;
      if (mode !== 'over' && !out.writableNeedDrain) out.write(comment('alive'));
    },
    recheck: async () => {
      if (mode === 'over' || options.isStillValid === null || (await options.isStillValid())) return;
      end(comment('the token is not valid any more'));
    },
    end,
  };
}

function drained(out: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (!out.writableNeedDrain || out.destroyed) return resolve();
    const done = () => {
      out.off('drain', done);
      out.off('close', done);
      resolve();
    };
    out.on('drain', done);
    out.on('close', done);
  });
}
