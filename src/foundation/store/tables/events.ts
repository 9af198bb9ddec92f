import type { Sql, SqlRow } from '../sql.ts';

/** A row of `events` with its run's id. `data` is JSON text, or null for output, whose text stands in the run's file. */
export type EventRow = {
  readonly seq: number;
  readonly time: number;
  readonly type: string;
  readonly source: string;
  readonly runId: string | null;
  readonly repoId: string | null;
  readonly planId: string | null;
  readonly data: string | null;
  readonly fileOffset: number;
  readonly fileBytes: number;
  readonly partial: boolean;
};

const decode = (row: SqlRow): EventRow => ({
  seq: Number(row.seq),
  time: Number(row.time),
  type: String(row.type),
  source: String(row.source),
  runId: row.run_id as string | null,
  repoId: row.repo_id as string | null,
  planId: row.plan_id as string | null,
  data: row.data as string | null,
  fileOffset: Number(row.file_offset),
  fileBytes: Number(row.file_bytes),
  partial: row.partial === 1,
});

export type EventsQuery = {
  readonly after: number;
  readonly limit: number;
  readonly runKey: number | null;
  /** Stop before this many bytes of data and output text, but give at least one event. No bound unless told. */
  readonly maxBytes?: number;
};

/** Events after `after`, of the whole journal or of one run, in order. */
export function eventsAfter(sql: Sql, query: EventsQuery): readonly EventRow[] {
  return eventPage(sql, query).events;
}

/** As `eventsAfter`; `isCut` says that there may be more. */
export function eventPage(
  sql: Sql,
  { after, limit, runKey, maxBytes = Number.POSITIVE_INFINITY }: EventsQuery,
): { readonly events: readonly EventRow[]; readonly isCut: boolean } {
  const select = 'SELECT events.*, runs.id AS run_id FROM events LEFT JOIN runs ON runs.key = events.run_key';
  const rows =
    runKey === null
      ? sql.iterate(`${select} WHERE events.seq > ? ORDER BY events.seq LIMIT ?`, after, limit)
      : sql.iterate(
          `${select} WHERE events.run_key = ? AND events.seq > ? ORDER BY events.seq LIMIT ?`,
          runKey,
          after,
          limit,
        );
  const events: EventRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    const event = decode(row);
    bytes += event.data?.length ?? event.fileBytes;
    if (bytes > maxBytes && events.length > 0) return { events, isCut: true };
    events.push(event);
  }
  return { events, isCut: events.length === limit };
}

/**
 * The first event of some types after `after`, up to `upTo`; of the repositories with these project names only, unless
 * that is null. It is looked for row by row: a long span is better asked for in pieces.
 */
export function firstEventOf(
  sql: Sql,
  query: {
    readonly after: number;
    readonly upTo: number;
    readonly types: readonly string[];
    readonly projects: readonly string[] | null;
  },
): EventRow | undefined {
  const row = sql.get(
    `SELECT events.*, runs.id AS run_id FROM events LEFT JOIN runs ON runs.key = events.run_key
     WHERE events.seq > ? AND events.seq <= ? AND events.type IN (SELECT value FROM json_each(?))
       AND (? IS NULL OR events.repo_id IN (SELECT id FROM repos WHERE project IN (SELECT value FROM json_each(?))))
     ORDER BY events.seq LIMIT 1`,
    query.after,
    query.upTo,
    JSON.stringify(query.types),
    query.projects === null ? null : 1,
    JSON.stringify(query.projects ?? []),
  );
  return row === undefined ? undefined : decode(row);
}

/** Where pieces of a run's output stand, up to `upTo` in journal order: after `after`, or the last ones when it is null. */
export function outputPieces(
  sql: Sql,
  runKey: number,
  query: { readonly after: number | null; readonly upTo: number; readonly limit: number },
): readonly {
  readonly seq: number;
  readonly stream: 'stdout' | 'stderr';
  readonly offset: number;
  readonly bytes: number;
}[] {
  const where = 'run_key = ? AND file_bytes IS NOT NULL AND seq <= ?';
  const rows =
    query.after === null
      ? sql
          .all(
            `SELECT * FROM events WHERE ${where} ORDER BY seq DESC LIMIT ?`,
            runKey,
            query.upTo,
            query.limit,
          )
          .toReversed()
      : sql.all(
          `SELECT * FROM events WHERE ${where} AND seq > ? ORDER BY seq LIMIT ?`,
          runKey,
          query.upTo,
          query.after,
          query.limit,
        );
  return rows.map((row) => ({
    seq: Number(row.seq),
    stream: row.type === 'output.stdout' ? 'stdout' : 'stderr',
    offset: Number(row.file_offset),
    bytes: Number(row.file_bytes),
  }));
}

/** The first and the last seq of a run's events; null when it has none. */
export function eventRangeOfRun(
  sql: Sql,
  runKey: number,
): { readonly from: number; readonly to: number } | null {
  const range = sql.get('SELECT min(seq) AS low, max(seq) AS high FROM events WHERE run_key = ?', runKey);
  return typeof range?.low === 'number' ? { from: range.low, to: Number(range.high) } : null;
}

/** Seq of the first of a run's last `count` events, or of the first of all; 0 when it has none. */
export function seqOfLastEvents(sql: Sql, runKey: number, count: number): number {
  const row = sql.get(
    'SELECT min(seq) AS low FROM (SELECT seq FROM events WHERE run_key = ? ORDER BY seq DESC LIMIT ?)',
    runKey,
    count,
  );
  return Number(row?.low ?? 0);
}

/** Deletes the oldest events of a run, at most `limit`. Returns how many. */
export function deleteEventsOfRun(sql: Sql, runKey: number, limit: number): number {
  return sql.run(
    'DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE run_key = ? ORDER BY seq LIMIT ?)',
    runKey,
    limit,
  ).changes;
}
