import type { PlanEventName, SignalStatus } from '../../../contract/index.ts';
import type { Sql, SqlRow, SqlValue } from '../sql.ts';

/** A row of `signals`: the receipt of what was said of a plan. */
export type SignalRow = {
  /** The key of the receipt: what came in a file is applied once by it. */
  readonly id: string;
  readonly repoId: string;
  /** Null where the repository has no plan of that name. */
  readonly planKey: number | null;
  readonly planName: string;
  readonly event: PlanEventName;
  readonly wave: number | null;
  readonly task: number | null;
  readonly body: string;
  /** `file`, `person`, or the id of a run. */
  readonly source: string;
  readonly runId: string | null;
  readonly status: SignalStatus;
  readonly reason: string | null;
  readonly receivedAt: number;
};

const decode = (row: SqlRow): SignalRow => ({
  id: String(row.id),
  repoId: String(row.repo_id),
  planKey: row.plan_key as number | null,
  planName: String(row.plan_name),
  event: row.event as PlanEventName,
  wave: row.wave as number | null,
  task: row.task as number | null,
  body: String(row.body),
  source: String(row.source),
  runId: row.run_id as string | null,
  status: row.status as SignalStatus,
  reason: row.reason as string | null,
  receivedAt: Number(row.received_at),
});

/** Writes a receipt. One that is there already is a constraint error: look before. */
export function insertSignal(sql: Sql, row: SignalRow): void {
  sql.run(
    'INSERT INTO signals (id, repo_id, plan_key, plan_name, event, wave, task, body, source, run_id, status, reason, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    row.id,
    row.repoId,
    row.planKey,
    row.planName,
    row.event,
    row.wave,
    row.task,
    row.body,
    row.source,
    row.runId,
    row.status,
    row.reason,
    row.receivedAt,
  );
}

/** The receipt of this id. */
export function findSignal(sql: Sql, id: string): SignalRow | undefined {
  const row = sql.get('SELECT * FROM signals WHERE id = ?', id);
  return row === undefined ? undefined : decode(row);
}

export type SignalFilter = {
  readonly repoId: string;
  readonly planKey: number | null;
  readonly status: SignalStatus | null;
  /** Only what was stored before the receipt of this id. */
  readonly before: string | null;
  /** 0 = all. */
  readonly limit: number;
};

/**
 * What a run has said last of its plan, accepted or refused; undefined where it has said nothing of the kind. Last is what
 * was stored last: ids tell the time, which may be set back.
 */
export function lastSignalOfRun(
  sql: Sql,
  {
    planKey,
    runId,
    status,
  }: { readonly planKey: number; readonly runId: string; readonly status: SignalStatus },
): SignalRow | undefined {
  const row = sql.get(
    'SELECT * FROM signals WHERE rowid = (SELECT max(rowid) FROM signals WHERE plan_key = ? AND run_id = ? AND status = ?)',
    planKey,
    runId,
    status,
  );
  return row === undefined ? undefined : decode(row);
}

/** Receipts, what was stored last first. */
export function listSignals(sql: Sql, filter: SignalFilter): readonly SignalRow[] {
  const where = ['repo_id = ?'];
  const values: SqlValue[] = [filter.repoId];
  if (filter.planKey !== null) {
    where.push('plan_key = ?');
    values.push(filter.planKey);
  }
  if (filter.status !== null) {
    where.push('status = ?');
    values.push(filter.status);
  }
  if (filter.before !== null) {
    where.push('rowid < (SELECT rowid FROM signals WHERE id = ?)');
    values.push(filter.before);
  }
  return sql
    .all(
      `SELECT * FROM signals WHERE rowid IN (
         SELECT rowid FROM signals WHERE ${where.join(' AND ')} ORDER BY rowid DESC LIMIT ?
       ) ORDER BY rowid DESC`,
      ...values,
      filter.limit === 0 ? -1 : filter.limit,
    )
    .map(decode);
}

/** What came with the signal of this event that a plan took at this instant; null where there is none. */
export function bodyOfSignal(
  sql: Sql,
  { planKey, event, at }: { readonly planKey: number; readonly event: PlanEventName; readonly at: number },
): string | null {
  const row = sql.get(
    "SELECT body FROM signals WHERE plan_key = ? AND event = ? AND received_at = ? AND status = 'done' LIMIT 1",
    planKey,
    event,
    at,
  );
  return row === undefined ? null : String(row.body);
}
