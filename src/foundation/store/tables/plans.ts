import type { PlanPhase, PlanStatus, TaskStatus } from '../../../contract/index.ts';
import type { Sql, SqlRow, SqlValue } from '../sql.ts';

/** Which commits a verdict is about, by whom, and when (milliseconds since the epoch). */
export type VerdictRow = {
  readonly head: string;
  readonly base: string;
  readonly by: string;
  readonly at: number;
};

/** A row of `plans`. */
export type PlanRow = {
  readonly key: number;
  readonly id: string;
  readonly repoId: string;
  readonly name: string;
  /** Compared and set with each change. */
  readonly version: number;
  readonly status: PlanStatus;
  readonly phase: PlanPhase | null;
  readonly round: number;
  readonly title: string;
  readonly topic: string | null;
  readonly content: string;
  readonly branch: string;
  readonly base: string;
  readonly baseCommit: string | null;
  readonly headCommit: string | null;
  readonly wave: number;
  readonly reviewCycle: number;
  readonly verifyCycle: number;
  readonly feedback: string | null;
  readonly progressHash: string | null;
  readonly guidance: string | null;
  readonly blockedReason: string | null;
  readonly blockedBy: string | null;
  readonly blockedAt: number | null;
  readonly isForced: boolean;
  readonly review: VerdictRow | null;
  readonly verification: VerdictRow | null;
  /** When its base was seen to have all of it; one that is older than the verdict says nothing. */
  readonly mergedAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
};

/** A plan without its text, which may be long: what lists need. */
export type PlanHead = Omit<PlanRow, 'content'>;

/** A row of `plan_tasks`. */
export type PlanTaskRow = {
  readonly number: number;
  readonly wave: number;
  readonly title: string;
  readonly body: string;
  readonly status: TaskStatus;
  readonly attempt: number;
  readonly reason: string | null;
  /** The head of the plan's branch once it was merged. */
  readonly commitId: string | null;
};

/** Column of each property, and how it is stored. */
const columns = {
  id: 'id',
  repoId: 'repo_id',
  name: 'name',
  version: 'version',
  status: 'status',
  phase: 'phase',
  round: 'round',
  title: 'title',
  topic: 'topic',
  content: 'content',
  branch: 'branch',
  base: 'base',
  baseCommit: 'base_commit',
  headCommit: 'head_commit',
  wave: 'wave',
  reviewCycle: 'review_cycle',
  verifyCycle: 'verify_cycle',
  feedback: 'feedback',
  progressHash: 'progress_hash',
  guidance: 'guidance',
  blockedReason: 'blocked_reason',
  blockedBy: 'blocked_by',
  blockedAt: 'blocked_at',
  isForced: 'is_forced',
  review: 'review',
  verification: 'verification',
  mergedAt: 'merged_at',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const satisfies Record<Exclude<keyof PlanRow, 'key'>, string>;

type Property = keyof typeof columns;
const properties = Object.keys(columns) as readonly Property[];
const headColumns = ['key', ...Object.values(columns).filter((name) => name !== 'content')].join(', ');

function encode(value: unknown): SqlValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'object') return JSON.stringify(value);
  return value as SqlValue;
}

function decode(row: SqlRow): PlanRow {
  const decoded: Record<string, unknown> = { key: Number(row.key) };
  for (const property of properties) {
    const value = row[columns[property]] ?? null;
    if (property === 'isForced') decoded[property] = value === 1;
    else if ((property === 'review' || property === 'verification') && value !== null)
      decoded[property] = JSON.parse(String(value));
    else decoded[property] = value;
  }
  return decoded as PlanRow;
}

/** Inserts a plan. A taken name is an SQLite constraint error: look before. Returns its key. */
export function insertPlan(sql: Sql, row: Omit<PlanRow, 'key'>): number {
  const names = properties.map((property) => columns[property]).join(', ');
  const marks = properties.map(() => '?').join(', ');
  const values = properties.map((property) => encode(row[property]));
  return sql.run(`INSERT INTO plans (${names}) VALUES (${marks})`, ...values).rowid;
}

/** Changes a plan that is still at `version`, which is counted up. False, with nothing changed, when it is not. */
export function updatePlan(
  sql: Sql,
  { key, version }: Pick<PlanRow, 'key' | 'version'>,
  change: Partial<Omit<PlanRow, 'key' | 'id' | 'version'>>,
): boolean {
  const given = properties.filter((property) => (change as Record<string, unknown>)[property] !== undefined);
  const sets = ['version = version + 1', ...given.map((property) => `${columns[property]} = ?`)].join(', ');
  const values = given.map((property) => encode((change as Record<string, unknown>)[property]));
  return (
    sql.run(`UPDATE plans SET ${sets} WHERE key = ? AND version = ?`, ...values, key, version).changes === 1
  );
}

/** The plan of this key. Throws when there is none: a key comes from the database alone. */
export function getPlan(sql: Sql, key: number): PlanRow {
  const row = sql.get('SELECT * FROM plans WHERE key = ?', key);
  if (row === undefined) throw new Error(`no plan has key ${key}`);
  return decode(row);
}

/** The plan of a repository with this name, or this id. */
export function findPlan(sql: Sql, repoId: string, ref: string): PlanRow | undefined {
  const row = sql.get(
    'SELECT * FROM plans WHERE repo_id = ? AND (name = ? OR id = ?) LIMIT 1',
    repoId,
    ref,
    ref,
  );
  return row === undefined ? undefined : decode(row);
}

/** Plans of a repository with this id prefix, at most two. */
export function findPlansById(sql: Sql, repoId: string, prefix: string): readonly PlanRow[] {
  const upper = `plan_${prefix.slice(5).toUpperCase()}`;
  return sql
    .all(
      'SELECT * FROM plans WHERE repo_id = ? AND id >= ? AND id < ? ORDER BY id LIMIT 2',
      repoId,
      upper,
      `${upper}~`,
    )
    .map(decode);
}

export type PlanFilter = {
  readonly repoId: string | null;
  readonly beforeKey: number | null;
  readonly status: PlanStatus | 'active' | 'blocked' | 'waiting' | 'merged' | null;
  /** 0 = all. */
  readonly limit: number;
};

/** As `mergedAtOf` of the room of plans says it. */
const isMerged = "status = 'done' AND merged_at >= coalesce(verification ->> 'at', review ->> 'at', 0)";

/** Nobody goes on with it before a person says so, and there is nothing to be decided. */
const isWaiting =
  "blocked_reason IS NULL AND coalesce(phase, '') IN ('planned', 'awaiting_advance', 'wave_waiting')";

/** Plans without their text, newest first. */
export function listPlans(sql: Sql, { repoId, beforeKey, status, limit }: PlanFilter): readonly PlanHead[] {
  const where = ['key < ?'];
  const values: SqlValue[] = [beforeKey ?? Number.MAX_SAFE_INTEGER];
  if (repoId !== null) {
    where.push('repo_id = ?');
    values.push(repoId);
  }
  if (status === 'active') where.push("status NOT IN ('ready', 'done', 'cancelled')");
  else if (status === 'blocked') where.push('blocked_reason IS NOT NULL');
  else if (status === 'waiting') where.push(isWaiting);
  else if (status === 'merged') where.push(isMerged);
  else if (status !== null) {
    where.push('status = ?');
    values.push(status);
  }
  return sql
    .all(
      `SELECT ${headColumns} FROM plans WHERE ${where.join(' AND ')} ORDER BY key DESC LIMIT ?`,
      ...values,
      limit === 0 ? -1 : limit,
    )
    .map((row) => {
      const { content: _, ...head } = decode(row);
      return head;
    });
}

/** Name of another plan of the same topic that is implemented, reviewed or verified. */
export function planOfTopicAtWork(sql: Sql, { key, repoId, topic }: PlanRow): string | null {
  if (topic === null) return null;
  const row = sql.get(
    "SELECT name FROM plans WHERE repo_id = ? AND topic = ? AND key <> ? AND status IN ('implementing', 'reviewing', 'verifying') LIMIT 1",
    repoId,
    topic,
    key,
  );
  return row === undefined ? null : String(row.name);
}

/** The tasks of a plan, by number. */
export function planTasks(sql: Sql, planKey: number): readonly PlanTaskRow[] {
  return sql.all('SELECT * FROM plan_tasks WHERE plan_key = ? ORDER BY number', planKey).map((row) => ({
    number: Number(row.number),
    wave: Number(row.wave),
    title: String(row.title),
    body: String(row.body),
    status: row.status as TaskStatus,
    attempt: Number(row.attempt),
    reason: row.reason as string | null,
    commitId: row.commit_id as string | null,
  }));
}

/** Replaces the tasks of a plan. */
export function setPlanTasks(sql: Sql, planKey: number, tasks: readonly PlanTaskRow[]): void {
  sql.run('DELETE FROM plan_tasks WHERE plan_key = ?', planKey);
  for (const task of tasks) {
    sql.run(
      'INSERT INTO plan_tasks (plan_key, number, wave, title, body, status, attempt, reason, commit_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      planKey,
      task.number,
      task.wave,
      task.title,
      task.body,
      task.status,
      task.attempt,
      task.reason,
      task.commitId,
    );
  }
}

/** Counts of the tasks of each plan. */
export function countPlanTasks(
  sql: Sql,
  planKey: number,
): { readonly waves: number; readonly tasks: number; readonly merged: number } {
  const row = sql.get(
    "SELECT count(*) AS tasks, coalesce(max(wave), 0) AS waves, coalesce(sum(status = 'merged'), 0) AS merged FROM plan_tasks WHERE plan_key = ?",
    planKey,
  );
  return { waves: Number(row?.waves), tasks: Number(row?.tasks), merged: Number(row?.merged) };
}

/** How many plans of a repository are at work, wait for a decision, and wait for the word that lets them go on. */
export type PlanCounts = { readonly active: number; readonly blocked: number; readonly waiting: number };

/** The counts of each repository that has plans. */
export function planCountsByRepo(sql: Sql): ReadonlyMap<string, PlanCounts> {
  const rows = sql.all(
    `SELECT repo_id, sum(status NOT IN ('ready', 'done', 'cancelled')) AS active, sum(blocked_reason IS NOT NULL) AS blocked,
       coalesce(sum(${isWaiting}), 0) AS waiting FROM plans GROUP BY repo_id`,
  );
  return new Map(
    rows.map(({ repo_id: repo, active, blocked, waiting }) => [
      String(repo),
      { active: Number(active), blocked: Number(blocked), waiting: Number(waiting) },
    ]),
  );
}

/** A worktree in which something may be said of a plan that is at work. */
export type PlanPlace = {
  readonly repoId: string;
  readonly runId: string;
  readonly worktree: string;
  /** The run has not ended. */
  readonly isLive: boolean;
};

/** How many plans a repository has. */
export function countPlansOfRepo(sql: Sql, repoId: string): number {
  return Number(sql.get('SELECT count(*) AS n FROM plans WHERE repo_id = ?', repoId)?.n);
}

/** Where signals of plans at work may lie: the worktrees of their runs, of the round that they are at or still live. */
export function planPlaces(sql: Sql): readonly PlanPlace[] {
  return sql
    .all(
      `SELECT plans.repo_id, runs.id AS run_id, runs.worktree, runs.ended_at IS NULL AS is_live FROM plans
       JOIN plan_runs ON plan_runs.plan_key = plans.key
       JOIN runs ON runs.id = plan_runs.run_id AND runs.worktree IS NOT NULL AND runs.in_place = 0
         AND (plan_runs.round = plans.round OR runs.ended_at IS NULL)
       WHERE plans.status NOT IN ('ready', 'done', 'cancelled') AND plans.repo_id IN (SELECT id FROM repos)`,
    )
    .map((row) => ({
      repoId: String(row.repo_id),
      runId: String(row.run_id),
      worktree: String(row.worktree),
      isLive: row.is_live === 1,
    }));
}
