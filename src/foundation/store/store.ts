import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Bus, Clock } from '../../base/index.ts';
import type { Event, EventData, EventType } from '../../contract/index.ts';
import { createCheckpoints } from './checkpoint.ts';
import { explainSqliteError, openDatabase } from './open.ts';
import { createSql, type Sql } from './sql.ts';

/** An event to be journaled in the transaction that changes what it tells of. */
export type NewEvent<T extends EventType = EventType> = {
  [K in T]: {
    readonly type: K;
    readonly data: EventData<K>;
    readonly source: Event['source'];
    readonly run?: { readonly key: number; readonly id: string };
    readonly repoId?: string;
    readonly planId?: string;
  };
}[T];

/** A committed event, as the journal's tail hands it on. `runKey` finds the rows, `runId` is what readers see. */
export type CommittedEvent = {
  readonly seq: number;
  readonly time: number;
  readonly type: string;
  readonly source: Event['source'];
  readonly runId: string | null;
  readonly repoId: string | null;
  readonly planId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
};

/** What a write may do: statements, and events that get their seq here. */
export type Transaction = Sql & {
  /** Journals an event and returns its seq. */
  readonly event: (event: NewEvent) => number;
  /** The instant of this transaction. */
  readonly now: number;
};

/**
 * The one SQLite database. One writer with group commit: all writes of one tick are one transaction, each in a
 * savepoint of its own, so that one that throws takes nothing of the others with it.
 */
export type Store = {
  /**
   * Queues `work` and resolves with its result once it is on disk. Rejects with what `work` threw, or with
   * `storage_failed` when the commit failed: then nothing of it happened and it may be tried again.
   */
  readonly write: <T>(work: (tx: Transaction) => T) => Promise<T>;
  /** Reads what is committed, now. Never called from within a write. */
  readonly read: <T>(work: (sql: Sql) => T) => T;
  /** Seq of the last committed event; 0 in a new database. */
  readonly lastSeq: () => number;
  /** What its files take, and how many transactions the disk refused since it was opened. */
  readonly figures: () => {
    readonly bytes: number;
    readonly walBytes: number;
    readonly failedTransactions: number;
  };
  /** Called with each commit's events, in order, before the writes' promises resolve. */
  readonly onCommit: (listener: (events: readonly CommittedEvent[]) => void) => void;
  /** Waits for what is queued, then closes the file. Further writes reject. */
  readonly close: () => Promise<void>;
};

export type StoreOptions = { readonly path: string; readonly clock: Clock; readonly bus: Bus };

type Pending = {
  readonly work: (tx: Transaction) => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
};

/** Writes of one transaction at most. */
const maxBatch = 512;
/** A transaction takes no further write after this long, so that the event loop gets its turn between two. */
export const maxBatchMs = 10;

/** Opens the store. Throws `store_newer`, `store_corrupt` or `storage_failed`; the file is untouched then. */
export function openStore({ path, clock, bus }: StoreOptions): Store {
  const db = openDatabase(path);
  const sql = createSql(db);
  const checkpoints = createCheckpoints(db, path);
  let nextSeq = Number(sql.get('SELECT next_seq FROM journal')?.next_seq);
  let committedSeq = nextSeq - 1;
  const queue: Pending[] = [];
  const listeners: ((events: readonly CommittedEvent[]) => void)[] = [];
  let failedTransactions = 0;
  let scheduled = false;
  let closed = false;

  const commit = () => {
    const batch: Pending[] = [];
    const takeUntil = clock.monotonic() + maxBatchMs;
    const events: CommittedEvent[] = [];
    const settle: (() => void)[] = [];
    const tx = createTransaction(sql, clock.now(), events, () => nextSeq++);
    try {
      sql.exec('BEGIN IMMEDIATE');
      while (queue.length > 0 && batch.length < maxBatch) {
        const pending = queue.shift() as Pending;
        batch.push(pending);
        settle.push(applyOne({ db, path, sql, tx, pending, events, rewind: (seq) => (nextSeq = seq) }));
        if (clock.monotonic() >= takeUntil) break;
      }
      sql.run('UPDATE journal SET next_seq = ? WHERE id = 1 AND next_seq <> ?', nextSeq, nextSeq);
      sql.exec('COMMIT');
    } catch (error) {
      failedTransactions += 1;
      rollBack(db);
      nextSeq = committedSeq + 1;
      const reason = explainSqliteError(error, path);
      const lost = batch.length > 0 ? batch : queue.splice(0, maxBatch); // BEGIN itself failed
      for (const pending of lost) pending.reject(reason);
      return;
    }
    committedSeq = nextSeq - 1;
    if (events.length > 0) for (const listener of listeners) listener(events);
    for (const done of settle) done();
    if (events.length > 0) bus.publish(committedSeq);
  };

  const flush = () => {
    scheduled = false;
    if (closed) return;
    if (checkpoints.isDue())
      checkpoints.run(); // in a turn of its own, never on top of a commit
    else if (queue.length > 0) commit();
    if (queue.length > 0 || checkpoints.isDue()) schedule();
  };
  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  };

  return {
    write: (work) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error('the store is closed'));
        queue.push({ work, resolve, reject });
        schedule();
      }),
    read: (work) => work(sql),
    lastSeq: () => committedSeq,
    figures: () => ({ bytes: sizeOf(path), walBytes: sizeOf(`${path}-wal`), failedTransactions }),
    onCommit: (listener) => {
      listeners.push(listener);
    },
    close: async () => {
      closed = true;
      while (queue.length > 0) commit();
      db.close();
    },
  };
}

function createTransaction(
  sql: Sql,
  now: number,
  events: CommittedEvent[],
  takeSeq: () => number,
): Transaction {
  return {
    ...sql,
    now,
    event: ({ type, data, source, run, repoId, planId }) => {
      const seq = takeSeq();
      const isOutput = type === 'output.stdout' || type === 'output.stderr';
      sql.run(
        'INSERT INTO events (seq, time, type, source, run_key, repo_id, plan_id, data, file_offset, file_bytes, partial) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        seq,
        now,
        type,
        source,
        run?.key ?? null,
        repoId ?? null,
        planId ?? null,
        isOutput ? null : JSON.stringify(data),
        isOutput ? data.offset : null,
        isOutput ? data.bytes : null,
        isOutput ? Number(data.partial) : null,
      );
      events.push({
        seq,
        time: now,
        type,
        source,
        runId: run?.id ?? null,
        repoId: repoId ?? null,
        planId: planId ?? null,
        data,
      });
      return seq;
    },
  };
}

type ApplyOptions = {
  readonly db: DatabaseSync;
  readonly path: string;
  readonly sql: Sql;
  readonly tx: Transaction;
  readonly pending: Pending;
  readonly events: CommittedEvent[];
  readonly rewind: (seq: number) => void;
};

/** Applies one write in a savepoint; returns what to do after the commit. Throws when the whole transaction is lost. */
function applyOne({ db, path, sql, tx, pending, events, rewind }: ApplyOptions): () => void {
  const before = events.length;
  sql.exec('SAVEPOINT one');
  try {
    const value = pending.work(tx) as never;
    sql.exec('RELEASE one');
    return () => pending.resolve(value);
  } catch (error) {
    if (!isInTransaction(db)) throw error; // SQLite rolled everything back by itself: disk full, I/O error
    sql.exec('ROLLBACK TO one; RELEASE one');
    const first = events[before];
    if (first !== undefined) rewind(first.seq);
    events.length = before;
    return () => pending.reject(explainSqliteError(error, path));
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function rollBack(db: DatabaseSync): void {
  if (isInTransaction(db)) db.exec('ROLLBACK');
}

/** `isTransaction` came with Node 22.16 and 24; before, a probing statement tells. */
function isInTransaction(db: DatabaseSync): boolean {
  if (typeof db.isTransaction === 'boolean') return db.isTransaction;
  try {
    db.exec('BEGIN; ROLLBACK');
    return false;
  } catch {
    return true; // BEGIN inside a transaction is an error
  }
}
