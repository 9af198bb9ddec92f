import type { Approval } from '../../../contract/index.ts';
import type { Sql, SqlRow } from '../sql.ts';

/** A row of `approvals`; `runId`, `repoId` and `project` are joined from its run. */
export type ApprovalRow = {
  readonly id: string;
  readonly runKey: number;
  readonly runId: string;
  readonly repoId: string | null;
  readonly project: string | null;
  /** The agent's own id of the request. */
  readonly agentKey: string;
  readonly kind: Approval['kind'];
  readonly title: string;
  readonly tool: string | null;
  readonly input: unknown;
  readonly options: Approval['options'];
  readonly status: Approval['status'];
  /** How it is answered when it expires. */
  readonly defaultDecision: 'allow' | 'deny' | null;
  readonly requestedAt: number;
  readonly expiresAt: number | null;
  readonly resolvedAt: number | null;
  readonly resolvedBy: string | null;
  readonly reason: string | null;
};

const select =
  'SELECT approvals.*, runs.id AS run_id, runs.repo_id AS repo_id, runs.project AS project FROM approvals JOIN runs ON runs.key = approvals.run_key';

const decode = (row: SqlRow): ApprovalRow => ({
  id: String(row.id),
  runKey: Number(row.run_key),
  runId: String(row.run_id),
  repoId: row.repo_id as string | null,
  project: row.project as string | null,
  agentKey: String(row.agent_key),
  kind: row.kind as Approval['kind'],
  title: String(row.title),
  tool: row.tool as string | null,
  input: JSON.parse(String(row.input)),
  options: JSON.parse(String(row.options)) as Approval['options'],
  status: row.status as Approval['status'],
  defaultDecision: row.default_decision as ApprovalRow['defaultDecision'],
  requestedAt: Number(row.requested_at),
  expiresAt: row.expires_at as number | null,
  resolvedAt: row.resolved_at as number | null,
  resolvedBy: row.resolved_by as string | null,
  reason: row.reason as string | null,
});

export type NewApproval = Pick<
  ApprovalRow,
  | 'id'
  | 'runKey'
  | 'agentKey'
  | 'kind'
  | 'title'
  | 'tool'
  | 'input'
  | 'options'
  | 'requestedAt'
  | 'expiresAt'
  | 'defaultDecision'
>;

/** Inserts a pending approval. */
export function insertApproval(sql: Sql, row: NewApproval): void {
  sql.run(
    "INSERT INTO approvals (id, run_key, agent_key, kind, title, tool, input, options, status, requested_at, expires_at, default_decision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?)",
    row.id,
    row.runKey,
    row.agentKey,
    row.kind,
    row.title,
    row.tool,
    JSON.stringify(row.input ?? null),
    JSON.stringify(row.options),
    row.requestedAt,
    row.expiresAt,
    row.defaultDecision,
  );
}

export type Resolution = {
  readonly status: Exclude<Approval['status'], 'pending'>;
  readonly by: string;
  readonly reason: string | null;
  readonly at: number;
};

/** Resolves a pending approval by compare-and-set: false when it was resolved before. */
export function resolveApproval(sql: Sql, id: string, resolution: Resolution): boolean {
  const done = sql.run(
    "UPDATE approvals SET status = ?, resolved_by = ?, reason = ?, resolved_at = ? WHERE id = ? AND status = 'pending'",
    resolution.status,
    resolution.by,
    resolution.reason,
    resolution.at,
    id,
  );
  return done.changes === 1;
}

/** Approvals with this id or id prefix, at most two. */
export function findApprovals(sql: Sql, idOrPrefix: string): readonly ApprovalRow[] {
  const upper = `apr_${idOrPrefix.slice(4).toUpperCase()}`;
  return sql
    .all(
      `${select} WHERE approvals.id >= ? AND approvals.id < ? ORDER BY approvals.id LIMIT 2`,
      upper,
      `${upper}~`,
    )
    .map(decode);
}

/** The pending approvals of one run, oldest first. */
export function pendingApprovalsOfRun(sql: Sql, runKey: number): readonly ApprovalRow[] {
  return sql
    .all(
      `${select} WHERE approvals.run_key = ? AND approvals.status = 'pending' ORDER BY approvals.rowid`, // ids of one millisecond have no order
      runKey,
    )
    .map(decode);
}

/** Pending oldest first after `cursor`; past ones newest first before it; all: newest first. `limit` 0 = all. */
export function listApprovals(
  sql: Sql,
  filter: {
    readonly status: 'pending' | 'past' | 'all';
    readonly cursor: string | null;
    readonly limit: number;
  },
): readonly ApprovalRow[] {
  const limit = filter.limit === 0 ? -1 : filter.limit;
  if (filter.status === 'pending') {
    return sql
      .all(
        `${select} WHERE approvals.status = 'pending' AND approvals.id > ? ORDER BY approvals.id LIMIT ?`,
        filter.cursor ?? '',
        limit,
      )
      .map(decode);
  }
  const past = filter.status === 'past' ? "approvals.status <> 'pending' AND" : '';
  return sql
    .all(
      `${select} WHERE ${past} approvals.id < ? ORDER BY approvals.id DESC LIMIT ?`,
      filter.cursor ?? '~',
      limit,
    )
    .map(decode);
}

/** When the next pending approval expires; null where none does. */
export function nextExpiry(sql: Sql): number | null {
  const row = sql.get("SELECT min(expires_at) AS at FROM approvals WHERE status = 'pending'");
  return (row?.at ?? null) as number | null;
}

/** The pending approvals that have expired at this instant, the first to expire first. */
export function overdueApprovals(sql: Sql, now: number): readonly ApprovalRow[] {
  return sql
    .all(
      `${select} WHERE approvals.status = 'pending' AND expires_at <= ? ORDER BY expires_at, approvals.rowid`,
      now,
    )
    .map(decode);
}

/** How many approvals wait. */
export function countPendingApprovals(sql: Sql): number {
  return Number(sql.get("SELECT count(*) AS n FROM approvals WHERE status = 'pending'")?.n);
}
