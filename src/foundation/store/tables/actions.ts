import type { ActionStatus } from '../../../contract/index.ts';
import type { Sql, SqlRow } from '../sql.ts';

/** A row of `actions`: what a transition owes. */
export type ActionRow = {
  readonly key: string;
  /** In the order in which they were owed. */
  readonly number: number;
  readonly planKey: number;
  readonly repoId: string;
  readonly kind: string;
  readonly data: unknown;
  readonly status: ActionStatus;
  readonly attempts: number;
  readonly dueAt: number;
  readonly error: string | null;
  readonly createdAt: number;
  readonly doneAt: number | null;
};

const decode = (row: SqlRow): ActionRow => ({
  key: String(row.key),
  number: Number(row.number),
  planKey: Number(row.plan_key),
  repoId: String(row.repo_id),
  kind: String(row.kind),
  data: JSON.parse(String(row.data)),
  status: row.status as ActionStatus,
  attempts: Number(row.attempts),
  dueAt: Number(row.due_at),
  error: row.error as string | null,
  createdAt: Number(row.created_at),
  doneAt: row.done_at as number | null,
});

/** Owes an action; one of the same key is owed once. */
export function oweAction(
  sql: Sql,
  action: Pick<ActionRow, 'key' | 'planKey' | 'repoId' | 'kind' | 'data' | 'createdAt'>,
): void {
  sql.run(
    `INSERT INTO actions (key, plan_key, repo_id, kind, data, status, attempts, due_at, created_at)
     VALUES (?, ?, ?, ?, ?, 'pending', 0, ?, ?)
     ON CONFLICT (key) DO NOTHING`,
    action.key,
    action.planKey,
    action.repoId,
    action.kind,
    JSON.stringify(action.data),
    action.createdAt,
    action.createdAt,
  );
}

/** What a repository's plans owe, in order. */
export function pendingActions(sql: Sql, repoId: string): readonly ActionRow[] {
  return sql
    .all("SELECT * FROM actions WHERE status = 'pending' AND repo_id = ? ORDER BY number", repoId)
    .map(decode);
}

/** Registered repositories whose plans owe something: nothing is done for a removed one until it is back. */
export function reposThatOwe(sql: Sql): readonly string[] {
  return sql
    .all(
      "SELECT DISTINCT repo_id FROM actions WHERE status = 'pending' AND repo_id IN (SELECT id FROM repos)",
    )
    .map((row) => String(row.repo_id));
}

/** The action of this key. Throws when there is none: a key comes from the database alone. */
export function getAction(sql: Sql, key: string): ActionRow {
  const row = sql.get('SELECT * FROM actions WHERE key = ?', key);
  if (row === undefined) throw new Error(`no action has the key ${key}`);
  return decode(row);
}

/** The actions of a plan that are not done, in order. */
export function openActions(sql: Sql, planKey: number): readonly ActionRow[] {
  return sql
    .all("SELECT * FROM actions WHERE plan_key = ? AND status <> 'done' ORDER BY number", planKey)
    .map(decode);
}

/** What fails and is tried again, by plan: the first thing of each. */
export function failingActions(sql: Sql): readonly {
  readonly repoId: string;
  readonly planKey: number;
  readonly plan: string;
  readonly error: string;
}[] {
  return sql
    .all(
      `SELECT actions.repo_id, actions.plan_key, plans.name, actions.error, min(actions.number) FROM actions
       JOIN plans ON plans.key = actions.plan_key
       WHERE actions.status = 'pending' AND actions.error IS NOT NULL GROUP BY actions.plan_key ORDER BY plans.key`,
    )
    .map((row) => ({
      repoId: String(row.repo_id),
      planKey: Number(row.plan_key),
      plan: String(row.name),
      error: String(row.error),
    }));
}

/** The actions of one kind that a plan has owed and that are done, in order. */
export function doneActions(sql: Sql, planKey: number, kind: string): readonly ActionRow[] {
  return sql
    .all(
      "SELECT * FROM actions WHERE plan_key = ? AND kind = ? AND status = 'done' ORDER BY number",
      planKey,
      kind,
    )
    .map(decode);
}

/** Keeps more of what an action is about, while it is pending. */
export function setActionData(sql: Sql, key: string, data: unknown): void {
  sql.run("UPDATE actions SET data = ? WHERE key = ? AND status = 'pending'", JSON.stringify(data), key);
}

/** Marks an action as done. False when it was not pending any more. */
export function finishAction(sql: Sql, key: string, now: number): boolean {
  return (
    sql.run(
      "UPDATE actions SET status = 'done', done_at = ?, error = NULL WHERE key = ? AND status = 'pending'",
      now,
      key,
    ).changes === 1
  );
}

/** Notes that an action failed: tried again at `dueAt`, or given up when that is null. False when it was not pending any more. */
export function failAction(
  sql: Sql,
  key: string,
  { error, dueAt }: { readonly error: string; readonly dueAt: number | null },
): boolean {
  const { changes } = sql.run(
    "UPDATE actions SET attempts = attempts + 1, error = ?, due_at = coalesce(?, due_at), status = CASE WHEN ? IS NULL THEN 'dead' ELSE 'pending' END WHERE key = ? AND status = 'pending'",
    error,
    dueAt,
    dueAt,
    key,
  );
  return changes === 1;
}

/** Brings back what was given up of a plan's actions, and makes those due that wait for another try. */
export function reviveActions(sql: Sql, planKey: number, now: number): void {
  sql.run(
    `UPDATE actions SET status = 'pending', attempts = 0, due_at = ?, error = NULL
     WHERE plan_key = ? AND (status = 'dead' OR (status = 'pending' AND attempts > 0))`,
    now,
    planKey,
  );
}

/** Drops what a plan owes and does not want any more, but for stopping what is at work and keeping what was made. */
export function dropActions(sql: Sql, planKey: number, now: number): void {
  sql.run(
    "UPDATE actions SET status = 'done', done_at = ? WHERE plan_key = ? AND status <> 'done' AND kind NOT IN ('stop', 'renew_branch')",
    now,
    planKey,
  );
}
