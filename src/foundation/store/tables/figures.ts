import type { PlanStatus, RunStatus } from '../../../contract/index.ts';
import type { Sql } from '../sql.ts';

/** What a removed repository keeps for when it is back is nobody's matter until then. */
const isRegistered = 'repo_id IN (SELECT id FROM repos)';

/** How many live runs have a status, and when the oldest of them was asked for. */
export type LiveFigures = { readonly count: number; readonly oldestAt: number };

/** The live runs by status. */
export function liveFigures(sql: Sql): ReadonlyMap<RunStatus, LiveFigures> {
  const rows = sql.all(
    'SELECT status, count(*) AS n, min(created_at) AS oldest FROM runs WHERE ended_at IS NULL GROUP BY status',
  );
  return new Map(
    rows.map((row) => [row.status as RunStatus, { count: Number(row.n), oldestAt: Number(row.oldest) }]),
  );
}

/** How many approvals wait, and when the oldest was asked for; null when none waits. */
export function pendingFigures(sql: Sql): { readonly count: number; readonly oldestAt: number | null } {
  const row = sql.get(
    "SELECT count(*) AS n, min(requested_at) AS oldest FROM approvals WHERE status = 'pending'",
  );
  return { count: Number(row?.n), oldestAt: row?.oldest as number | null };
}

/** Plans at work by status, those of them that wait for a decision, and what was given up of what plans owe. */
export type PlanFigures = {
  readonly atWork: ReadonlyMap<PlanStatus, number>;
  readonly blocked: number;
  /** When the one was blocked that waits longest; null when none waits. */
  readonly blockedSince: number | null;
  readonly deadActions: number;
};

/** What the plans of all registered repositories are at. */
export function planFigures(sql: Sql): PlanFigures {
  const rows = sql.all(
    `SELECT status, count(*) AS n, count(blocked_reason) AS blocked, min(blocked_at) AS since FROM plans
     WHERE status NOT IN ('ready', 'done', 'cancelled') AND ${isRegistered} GROUP BY status`,
  );
  const since = rows.flatMap((row) => (row.since === null ? [] : [Number(row.since)]));
  return {
    atWork: new Map(rows.map((row) => [row.status as PlanStatus, Number(row.n)])),
    blocked: rows.reduce((sum, row) => sum + Number(row.blocked), 0),
    blockedSince: since.length === 0 ? null : Math.min(...since),
    deadActions: Number(
      sql.get(`SELECT count(*) AS n FROM actions WHERE status = 'dead' AND ${isRegistered}`)?.n,
    ),
  };
}

/** The instants of one run, which tell how long its parts took. */
export type RunTimes = {
  readonly runtime: string;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
};

/** The instants of the run of this id. */
export function runTimes(sql: Sql, id: string): RunTimes | undefined {
  const row = sql.get('SELECT runtime, created_at, started_at, ended_at FROM runs WHERE id = ?', id);
  if (row === undefined) return undefined;
  return {
    runtime: String(row.runtime),
    createdAt: Number(row.created_at),
    startedAt: row.started_at as number | null,
    endedAt: row.ended_at as number | null,
  };
}
