import type { Approval, PlanRole, RunStatus } from '../../../contract/index.ts';
import type { Sql, SqlRow } from '../sql.ts';

/** Whether a run of a plan has said that it is done. */
export type PlanRunState = 'open' | 'asked' | 'signaled' | 'closed';

/** A row of `plan_runs`: what a run is to a plan. */
export type PlanRunRow = {
  readonly runId: string;
  readonly planKey: number;
  readonly actionKey: string;
  readonly role: PlanRole | 'evidence';
  readonly round: number;
  readonly wave: number | null;
  readonly task: number | null;
  readonly attempt: number;
  /** The commit that its worktree was made from. */
  readonly baseCommit: string | null;
  /** Where the base of the plan was when it was started. */
  readonly planBase: string | null;
  readonly state: PlanRunState;
  readonly startedAt: number;
};

const decodeRun = (row: SqlRow): PlanRunRow => ({
  runId: String(row.run_id),
  planKey: Number(row.plan_key),
  actionKey: String(row.action_key),
  role: row.role as PlanRunRow['role'],
  round: Number(row.round),
  wave: row.wave as number | null,
  task: row.task as number | null,
  attempt: Number(row.attempt),
  baseCommit: row.base_commit as string | null,
  planBase: row.plan_base as string | null,
  state: row.state as PlanRunState,
  startedAt: Number(row.started_at),
});

/** Inserts what a run is to a plan. */
export function insertPlanRun(sql: Sql, row: PlanRunRow): void {
  sql.run(
    'INSERT INTO plan_runs (run_id, plan_key, action_key, role, round, wave, task, attempt, base_commit, plan_base, state, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    row.runId,
    row.planKey,
    row.actionKey,
    row.role,
    row.round,
    row.wave,
    row.task,
    row.attempt,
    row.baseCommit,
    row.planBase,
    row.state,
    row.startedAt,
  );
}

/** Sets how a run of a plan stands. */
export function setPlanRunState(sql: Sql, runId: string, state: PlanRunState): void {
  sql.run('UPDATE plan_runs SET state = ? WHERE run_id = ?', state, runId);
}

/** The runs of a plan, oldest first. */
export function planRuns(sql: Sql, planKey: number): readonly PlanRunRow[] {
  return sql.all('SELECT * FROM plan_runs WHERE plan_key = ? ORDER BY rowid', planKey).map(decodeRun);
}

/** What a run is to a plan, if anything. */
export function findPlanRun(sql: Sql, runId: string): PlanRunRow | undefined {
  const row = sql.get('SELECT * FROM plan_runs WHERE run_id = ?', runId);
  return row === undefined ? undefined : decodeRun(row);
}

/** Runs of plans that have ended, or are gone, and that nobody has judged since. */
export function endedOpenPlanRuns(sql: Sql): readonly PlanRunRow[] {
  return sql
    .all(
      `SELECT plan_runs.* FROM plan_runs LEFT JOIN runs ON runs.id = plan_runs.run_id
       WHERE plan_runs.state IN ('open', 'asked') AND (runs.id IS NULL OR runs.ended_at IS NOT NULL)`,
    )
    .map(decodeRun);
}

/**
 * Runs that live on although they have said before `before` all that they had to say. The few that live are looked at
 * first: of those that have ended there are ever more.
 */
export function lingeringPlanRuns(sql: Sql, before: number): readonly PlanRunRow[] {
  return sql
    .all(
      `SELECT plan_runs.* FROM runs CROSS JOIN plan_runs ON plan_runs.run_id = runs.id
       WHERE plan_runs.state = 'signaled' AND runs.ended_at IS NULL AND coalesce((SELECT max(received_at) FROM signals
         WHERE signals.plan_key = plan_runs.plan_key AND signals.run_id = plan_runs.run_id AND signals.status = 'done'),
         plan_runs.started_at) < ?`,
      before,
    )
    .map(decodeRun);
}

/** A run of a plan that has not ended and has not said that it is done. */
export type LivePlanRun = Pick<PlanRunRow, 'runId' | 'planKey' | 'role' | 'task'> & {
  readonly status: RunStatus;
  readonly waitingOn: string | null;
  /** What a person is asked, where it waits for that. */
  readonly asks: Approval['kind'] | null;
};

/** The live runs of all plans that count, oldest first. */
export function livePlanRuns(sql: Sql): readonly LivePlanRun[] {
  return sql
    .all(
      `SELECT plan_runs.run_id, plan_runs.plan_key, plan_runs.role, plan_runs.task, runs.status, runs.waiting_on, approvals.kind
       FROM runs CROSS JOIN plan_runs ON plan_runs.run_id = runs.id LEFT JOIN approvals ON approvals.id = runs.waiting_on
       WHERE runs.ended_at IS NULL AND plan_runs.state IN ('open', 'asked') ORDER BY runs.key`,
    )
    .map((row) => ({
      runId: String(row.run_id),
      planKey: Number(row.plan_key),
      role: row.role as LivePlanRun['role'],
      task: row.task as number | null,
      status: row.status as RunStatus,
      waitingOn: row.waiting_on as string | null,
      asks: row.kind as LivePlanRun['asks'],
    }));
}

/** A row of `plan_evidence`: what a command of the repository said of a commit. */
export type EvidenceRow = {
  readonly planKey: number;
  readonly round: number;
  readonly stage: 'review' | 'verify';
  readonly runId: string;
  readonly command: string;
  readonly commitId: string;
  readonly exitCode: number | null;
  readonly output: string;
  readonly at: number;
};

/** Stores evidence. */
export function insertEvidence(sql: Sql, row: EvidenceRow): void {
  sql.run(
    'INSERT INTO plan_evidence (plan_key, round, stage, run_id, command, commit_id, exit_code, output, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    row.planKey,
    row.round,
    row.stage,
    row.runId,
    row.command,
    row.commitId,
    row.exitCode,
    row.output,
    row.at,
  );
}

/** The evidence of a plan, oldest first. */
export function planEvidence(sql: Sql, planKey: number): readonly EvidenceRow[] {
  return sql.all('SELECT * FROM plan_evidence WHERE plan_key = ? ORDER BY key', planKey).map((row) => ({
    planKey: Number(row.plan_key),
    round: Number(row.round),
    stage: row.stage as EvidenceRow['stage'],
    runId: String(row.run_id),
    command: String(row.command),
    commitId: String(row.commit_id),
    exitCode: row.exit_code as number | null,
    output: String(row.output),
    at: Number(row.at),
  }));
}

/**
 * Deletes receipts, evidence and actions that are done, where they and the end of their plan are older than `before`, at
 * most `limit` of each; of receipts those of no plan too. What tells where earlier work was kept stays. Returns how many.
 */
export function deleteOldPlanRecords(
  sql: Sql,
  { before, limit }: { readonly before: number; readonly limit: number },
): number {
  const ended = `plan_key IN (SELECT key FROM plans WHERE status IN ('done', 'cancelled') AND updated_at < ?)`;
  return [
    sql.run(
      `DELETE FROM signals WHERE rowid IN (SELECT rowid FROM signals WHERE received_at < ? AND (plan_key IS NULL OR ${ended}) LIMIT ?)`,
      before,
      before,
      limit,
    ),
    sql.run(
      `DELETE FROM plan_evidence WHERE key IN (SELECT key FROM plan_evidence WHERE at < ? AND ${ended} LIMIT ?)`,
      before,
      before,
      limit,
    ),
    sql.run(
      `DELETE FROM actions WHERE number IN (SELECT number FROM actions WHERE done_at < ? AND status = 'done' AND kind <> 'renew_branch' AND ${ended} LIMIT ?)`,
      before,
      before,
      limit,
    ),
  ].reduce((sum, { changes }) => sum + Number(changes), 0);
}
