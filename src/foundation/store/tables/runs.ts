import type { Run, RunStatus, Runtime } from '../../../contract/index.ts';
import { isEnded } from '../../../contract/index.ts';
import type { Sql, SqlRow, SqlValue } from '../sql.ts';

/** How a run was told to stop, before anything was killed. */
export type StopKind = 'cancel' | 'run_timeout' | 'idle_timeout' | 'output_limit';

/** A row of `runs`. Instants are milliseconds since the epoch; JSON columns are parsed. */
export type RunRow = {
  readonly key: number;
  readonly id: string;
  readonly status: RunStatus;
  readonly reason: string | null;
  readonly agent: string;
  readonly runtime: Runtime;
  readonly argv: readonly string[];
  readonly agentEnv: Readonly<Record<string, string>>;
  readonly model: string | null;
  readonly approvalMode: Run['approval_mode'];
  readonly maxTurns: number | null;
  readonly timeoutMs: number;
  readonly label: string | null;
  readonly name: string | null;
  readonly prompt: string;
  readonly command: readonly string[] | null;
  readonly repoId: string | null;
  readonly project: string | null;
  readonly inPlace: boolean;
  readonly base: string | null;
  readonly worktree: string | null;
  readonly branch: string | null;
  readonly baseCommit: string | null;
  readonly sessionId: string | null;
  readonly retryOf: string | null;
  readonly tokenHash: string | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly launchedBy: 'systemd' | 'session' | null;
  readonly pid: number | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly result: string | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly usage: Run['usage'];
  readonly costUsd: number | null;
  readonly waitingOn: string | null;
  readonly stopKind: StopKind | null;
  readonly stopReason: string | null;
  /** The adapter's own view of the end, kept until the process has ended too. */
  readonly outcome: unknown;
  readonly adapterState: unknown;
  readonly stdoutOffset: number;
  readonly stderrOffset: number;
  /** Seq of the run's last event, once it has ended. */
  readonly endSeq: number | null;
};

/** Column of each property, and how it is stored. */
const columns = {
  id: 'id',
  status: 'status',
  reason: 'reason',
  agent: 'agent',
  runtime: 'runtime',
  argv: 'argv json',
  agentEnv: 'agent_env json',
  model: 'model',
  approvalMode: 'approval_mode',
  maxTurns: 'max_turns',
  timeoutMs: 'timeout_ms',
  label: 'label',
  name: 'name',
  prompt: 'prompt',
  command: 'command json',
  repoId: 'repo_id',
  project: 'project',
  inPlace: 'in_place bool',
  base: 'base',
  worktree: 'worktree',
  branch: 'branch',
  baseCommit: 'base_commit',
  sessionId: 'session_id',
  retryOf: 'retry_of',
  tokenHash: 'token_hash',
  createdAt: 'created_at',
  startedAt: 'started_at',
  endedAt: 'ended_at',
  launchedBy: 'launched_by',
  pid: 'pid',
  exitCode: 'exit_code',
  signal: 'signal',
  result: 'result',
  errorCode: 'error_code',
  errorMessage: 'error_message',
  usage: 'usage json',
  costUsd: 'cost_usd',
  waitingOn: 'waiting_on',
  stopKind: 'stop_kind',
  stopReason: 'stop_reason',
  outcome: 'outcome json',
  adapterState: 'adapter_state json',
  stdoutOffset: 'stdout_offset',
  stderrOffset: 'stderr_offset',
  endSeq: 'end_seq',
} as const satisfies Record<Exclude<keyof RunRow, 'key'>, string>;

type Property = keyof typeof columns;
const properties = Object.keys(columns) as Property[];

function columnOf(property: Property): { name: string; kind: string } {
  const [name = '', kind = 'plain'] = columns[property].split(' ');
  return { name, kind };
}

function encode(property: Property, value: unknown): SqlValue {
  const { kind } = columnOf(property);
  if (value === null || value === undefined) return null;
  if (kind === 'json') return JSON.stringify(value);
  if (kind === 'bool') return Number(value);
  return value as SqlValue;
}

function decode(row: SqlRow): RunRow {
  const decoded: Record<string, unknown> = { key: row.key };
  for (const property of properties) {
    const { name, kind } = columnOf(property);
    const value = row[name] ?? null;
    if (value === null) decoded[property] = null;
    else if (kind === 'json') decoded[property] = JSON.parse(String(value));
    else if (kind === 'bool') decoded[property] = value === 1;
    else decoded[property] = value;
  }
  return decoded as RunRow;
}

/** Inserts a queued run; columns that are not given are null. Returns its key. */
export function insertRun(sql: Sql, row: Partial<Omit<RunRow, 'key'>> & Pick<RunRow, 'id'>): number {
  const given = properties.filter((property) => row[property] !== undefined);
  const names = given.map((property) => columnOf(property).name).join(', ');
  const marks = given.map(() => '?').join(', ');
  return sql.run(
    `INSERT INTO runs (${names}) VALUES (${marks})`,
    ...given.map((property) => encode(property, row[property])),
  ).rowid;
}

/** Changes the given columns of one run. */
export function updateRun(sql: Sql, key: number, change: Partial<Omit<RunRow, 'key' | 'id'>>): void {
  const given = properties.filter(
    (property) => property !== 'id' && change[property as keyof typeof change] !== undefined,
  );
  if (given.length === 0) return;
  const sets = given.map((property) => `${columnOf(property).name} = ?`).join(', ');
  const values = given.map((property) => encode(property, change[property as keyof typeof change]));
  sql.run(`UPDATE runs SET ${sets} WHERE key = ?`, ...values, key);
}

/** The run of this key. Throws when there is none: a key comes from the database alone. */
export function getRun(sql: Sql, key: number): RunRow {
  const row = sql.get('SELECT * FROM runs WHERE key = ?', key);
  if (row === undefined) throw new Error(`no run has key ${key}`);
  return decode(row);
}

/** Every run that has not ended, oldest first. */
export function liveRuns(sql: Sql): readonly RunRow[] {
  return sql.all('SELECT * FROM runs WHERE ended_at IS NULL ORDER BY key').map(decode);
}

/** Runs with this id or id prefix; the exact id alone when there is one. At most two: more is ambiguous all the same. */
export function findRunsById(sql: Sql, idOrPrefix: string): readonly RunRow[] {
  const upper = `run_${idOrPrefix.slice(4).toUpperCase()}`;
  return sql
    .all('SELECT * FROM runs WHERE id >= ? AND id < ? ORDER BY id LIMIT 2', upper, `${upper}~`)
    .map(decode);
}

/** The live run of this name, else the newest ended one. */
export function findRunByName(sql: Sql, name: string): RunRow | undefined {
  const row = sql.get(
    'SELECT * FROM runs WHERE name = ? ORDER BY ended_at IS NULL DESC, key DESC LIMIT 1',
    name,
  );
  return row === undefined ? undefined : decode(row);
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
  values.push(filter.limit === 0 ? -1 : filter.limit);
  return sql
    .all(`SELECT * FROM runs WHERE ${where.join(' AND ')} ORDER BY key DESC LIMIT ?`, ...values)
    .map(decode);
}

/** How many runs are in each live state. */
export function countLiveRuns(sql: Sql): ReadonlyMap<RunStatus, number> {
  const rows = sql.all('SELECT status, count(*) AS n FROM runs WHERE ended_at IS NULL GROUP BY status');
  return new Map(rows.map((row) => [row.status as RunStatus, Number(row.n)]));
}

/** Ended runs, oldest end first, that retention may remove. */
export function endedRuns(sql: Sql, limit: number): readonly RunRow[] {
  return sql
    .all('SELECT * FROM runs WHERE ended_at IS NOT NULL ORDER BY ended_at, key LIMIT ?', limit)
    .map(decode);
}

/** Bytes that the output files of ended runs hold together. */
export function outputBytesOfEnded(sql: Sql): number {
  return Number(
    sql.get(
      'SELECT coalesce(sum(stdout_offset + stderr_offset), 0) AS n FROM runs WHERE ended_at IS NOT NULL',
    )?.n,
  );
}

/** Removes a run and everything that hangs on it. Returns the first and last seq that went with it, or null for none. */
export function deleteRun(sql: Sql, key: number): { readonly from: number; readonly to: number } | null {
  const range = sql.get('SELECT min(seq) AS low, max(seq) AS high FROM events WHERE run_key = ?', key);
  sql.run('DELETE FROM events WHERE run_key = ?', key);
  sql.run('DELETE FROM approvals WHERE run_key = ?', key);
  sql.run('DELETE FROM inputs WHERE run_key = ?', key);
  sql.run('DELETE FROM runs WHERE key = ?', key);
  return typeof range?.low === 'number' ? { from: range.low, to: Number(range.high) } : null;
}
