import { isEnded, type RunStatus } from '../../../contract/index.ts';
import type { Sql, SqlValue } from '../sql.ts';
import { columnsOf, decodeRun, encodeColumn, type RunRow, type StopKind } from './run-columns.ts';

export type { RunRow, StopKind } from './run-columns.ts';

/** Inserts a queued run; columns that are not given are null. Returns its key. */
export function insertRun(sql: Sql, row: Partial<Omit<RunRow, 'key'>> & Pick<RunRow, 'id'>): number {
  const given = columnsOf(row);
  const names = given.map(({ name }) => name).join(', ');
  const marks = given.map(() => '?').join(', ');
  return sql.run(
    `INSERT INTO runs (${names}) VALUES (${marks})`,
    ...given.map((column) => encodeColumn(column, row[column.property])),
  ).rowid;
}

/** Changes the given columns of one run. */
export function updateRun(sql: Sql, key: number, change: Partial<Omit<RunRow, 'key' | 'id'>>): void {
  const values: Partial<RunRow> = change;
  const given = columnsOf(values);
  if (given.length === 0) return;
  const sets = given.map(({ name }) => `${name} = ?`).join(', ');
  sql.run(
    `UPDATE runs SET ${sets} WHERE key = ?`,
    ...given.map((column) => encodeColumn(column, values[column.property])),
    key,
  );
}

/** The run of this key. Throws when there is none: a key comes from the database alone. */
export function getRun(sql: Sql, key: number): RunRow {
  const row = sql.get('SELECT * FROM runs WHERE key = ?', key);
  if (row === undefined) throw new Error(`no run has key ${key}`);
  return decodeRun(row);
}

/** What of a live run changes while it is followed: read at each look, so without the columns that hold JSON. */
export type RunPulse = Pick<RunRow, 'status' | 'stopKind' | 'parkedUntil' | 'costUsd'> & {
  readonly hasOutcome: boolean;
  /** Read and written, as far as told. */
  readonly tokens: number;
};

/** The pulse of one run. */
export function runPulse(sql: Sql, key: number): RunPulse {
  const row = sql.get(
    `SELECT status, stop_kind, parked_until, outcome IS NOT NULL AS has, cost_usd,
       coalesce(json_extract(usage, '$.input_tokens'), 0) + coalesce(json_extract(usage, '$.output_tokens'), 0) AS tokens
     FROM runs WHERE key = ?`,
    key,
  );
  if (row === undefined) throw new Error(`no run has key ${key}`);
  return {
    status: row.status as RunStatus,
    stopKind: row.stop_kind as StopKind | null,
    parkedUntil: row.parked_until as number | null,
    costUsd: row.cost_usd as number | null,
    tokens: Number(row.tokens),
    hasOutcome: row.has === 1,
  };
}

/** Every run that has not ended, oldest first. */
export function liveRuns(sql: Sql): readonly RunRow[] {
  return sql.all('SELECT * FROM runs WHERE ended_at IS NULL ORDER BY key').map(decodeRun);
}

/** Every run that has left the queue and not ended, oldest first. */
export function workingRuns(sql: Sql): readonly RunRow[] {
  return sql
    .all("SELECT * FROM runs WHERE ended_at IS NULL AND status <> 'queued' ORDER BY key")
    .map(decodeRun);
}

/** What the queue looks at, of every run that has not ended, oldest first. */
export type QueueRow = Pick<
  RunRow,
  'key' | 'id' | 'status' | 'agent' | 'runtime' | 'repoId' | 'project' | 'placeOf' | 'reason'
> & { readonly isParked: boolean };

/** The live runs as the queue sees them: thousands may wait, so without the rest of their rows. */
export function queueRows(sql: Sql): readonly QueueRow[] {
  return sql
    .all(
      `SELECT key, id, status, agent, runtime, repo_id, project, place_of, reason, parked_until IS NOT NULL AS parked
       FROM runs WHERE ended_at IS NULL ORDER BY key`,
    )
    .map((row) => ({
      key: Number(row.key),
      id: String(row.id),
      status: row.status as RunStatus,
      agent: String(row.agent),
      runtime: row.runtime as RunRow['runtime'],
      repoId: row.repo_id as string | null,
      project: row.project as string | null,
      placeOf: row.place_of as string | null,
      reason: row.reason as string | null,
      isParked: row.parked === 1,
    }));
}

/** How many runs of a repository have not ended. */
export function countLiveRunsOfRepo(sql: Sql, repoId: string): number {
  return Number(sql.get('SELECT count(*) AS n FROM runs WHERE ended_at IS NULL AND repo_id = ?', repoId)?.n);
}

/** Id of a live run that works in the place of the run `placeId`, which may be itself; null when nobody is there. */
export function findLiveRunInPlace(sql: Sql, placeId: string): string | null {
  const row = sql.get(
    'SELECT id FROM runs WHERE ended_at IS NULL AND coalesce(place_of, id) = ? LIMIT 1',
    placeId,
  );
  return row === undefined ? null : String(row.id);
}

/** Runs with this id or id prefix; the exact id alone when there is one. At most two: more is ambiguous all the same. */
export function findRunsById(sql: Sql, idOrPrefix: string): readonly RunRow[] {
  const upper = `run_${idOrPrefix.slice(4).toUpperCase()}`;
  return sql
    .all('SELECT * FROM runs WHERE id >= ? AND id < ? ORDER BY id LIMIT 2', upper, `${upper}~`)
    .map(decodeRun);
}

/** The live run of this name, else the newest ended one. */
export function findRunByName(sql: Sql, name: string): RunRow | undefined {
  const row = sql.get(
    'SELECT * FROM runs WHERE name = ? ORDER BY ended_at IS NULL DESC, key DESC LIMIT 1',
    name,
  );
  return row === undefined ? undefined : decodeRun(row);
}

/** Id of the live run whose own token has this hash. */
export function findRunByTokenHash(sql: Sql, hash: string): string | null {
  const row = sql.get('SELECT id FROM runs WHERE token_hash = ? AND ended_at IS NULL', hash);
  return row === undefined ? null : String(row.id);
}

export type RunFilter = {
  readonly beforeKey: number | null;
  readonly status: RunStatus | 'live' | 'ended' | null;
  readonly repoId: string | null;
  /** Only runs that work in the place of this run. */
  readonly placeOf: string | null;
  /** 0 = all. */
  readonly limit: number;
};

/** Runs newest first. */
export function listRuns(sql: Sql, filter: RunFilter): readonly RunRow[] {
  const where = ['key < ?'];
  const values: SqlValue[] = [filter.beforeKey ?? Number.MAX_SAFE_INTEGER];
  if (filter.status === 'live') where.push('ended_at IS NULL');
  else if (filter.status === 'ended') where.push('ended_at IS NOT NULL');
  else if (filter.status !== null) {
    where.push('status = ?');
    values.push(filter.status);
    if (!isEnded(filter.status)) where.push('ended_at IS NULL');
  }
  if (filter.repoId !== null) {
    where.push('repo_id = ?');
    values.push(filter.repoId);
  }
  if (filter.placeOf !== null) {
    where.push('(id = ? OR place_of = ?)');
    values.push(filter.placeOf, filter.placeOf);
  }
  values.push(filter.limit === 0 ? -1 : filter.limit);
  return sql
    .all(`SELECT * FROM runs WHERE ${where.join(' AND ')} ORDER BY key DESC LIMIT ?`, ...values)
    .map(decodeRun);
}

/** How many runs are in each live state. */
export function countLiveRuns(sql: Sql): ReadonlyMap<RunStatus, number> {
  const rows = sql.all('SELECT status, count(*) AS n FROM runs WHERE ended_at IS NULL GROUP BY status');
  return new Map(rows.map((row) => [row.status as RunStatus, Number(row.n)]));
}

/** How many live runs wait for their provider's limit. */
export function countParkedRuns(sql: Sql): number {
  return Number(
    sql.get('SELECT count(*) AS n FROM runs WHERE ended_at IS NULL AND parked_until IS NOT NULL')?.n,
  );
}

/** What retention looks at of an ended run. */
export type EndedRun = { readonly key: number; readonly endedAt: number; readonly bytes: number };

/** Ended runs that no plan at work still needs, oldest end first, after `after`. */
export function endedRuns(
  sql: Sql,
  { after, limit }: { readonly after: EndedRun | null; readonly limit: number },
): readonly EndedRun[] {
  return sql
    .all(
      `SELECT key, ended_at, stdout_offset + stderr_offset AS bytes FROM runs
       WHERE ended_at IS NOT NULL AND (ended_at, key) > (?, ?) AND NOT EXISTS (
         SELECT 1 FROM plan_runs JOIN plans ON plans.key = plan_runs.plan_key
         WHERE plan_runs.run_id = runs.id AND plans.status NOT IN ('done', 'cancelled'))
       ORDER BY ended_at, key LIMIT ?`,
      after?.endedAt ?? 0,
      after?.key ?? 0,
      limit,
    )
    .map((row) => ({ key: Number(row.key), endedAt: Number(row.ended_at), bytes: Number(row.bytes) }));
}

/** Bytes that the output files of ended runs hold together. */
export function outputBytesOfEnded(sql: Sql): number {
  return Number(
    sql.get(
      'SELECT coalesce(sum(stdout_offset + stderr_offset), 0) AS n FROM runs WHERE ended_at IS NOT NULL',
    )?.n,
  );
}

/** Removes a run whose events are gone, and all that hangs on it. */
export function deleteRun(sql: Sql, key: number): void {
  sql.run('DELETE FROM approvals WHERE run_key = ?', key);
  sql.run('DELETE FROM inputs WHERE run_key = ?', key);
  sql.run('DELETE FROM runs WHERE key = ?', key);
}
