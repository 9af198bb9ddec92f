import type { Run, RunStatus, Runtime } from '../../../contract/index.ts';
import type { SqlRow, SqlValue } from '../sql.ts';

/** How a run was told to stop, before anything was killed. */
export type StopKind = 'cancel' | 'run_timeout' | 'idle_timeout' | 'output_limit' | 'max_cost' | 'max_tokens';

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
  /** Limits of what the run may use up; null: none of its own. */
  readonly maxCostUsd: number | null;
  readonly maxTokens: number | null;
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
  /** Id of the run whose worktree or scratch folder this one works in; null: one of its own. */
  readonly placeOf: string | null;
  /** Goes on where its session was left, instead of being given its prompt again. */
  readonly resumes: boolean | null;
  /** The first port of the range that is this run's, and how many it has. */
  readonly portBase: number | null;
  readonly portCount: number | null;
  /** Its provider refused to go on until this instant. */
  readonly parkedUntil: number | null;
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
const spelled = {
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
  maxCostUsd: 'max_cost_usd',
  maxTokens: 'max_tokens',
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
  placeOf: 'place_of',
  resumes: 'resumes bool',
  portBase: 'port_base',
  portCount: 'port_count',
  parkedUntil: 'parked_until',
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

export type RunProperty = keyof typeof spelled;

type Column = { readonly property: RunProperty; readonly name: string; readonly kind: string };

const columns: readonly Column[] = Object.entries(spelled).map(([property, spelling]) => {
  const [name = '', kind = 'plain'] = spelling.split(' ');
  return { property: property as RunProperty, name, kind };
});

/** The columns of the given properties, in the table's order. */
export function columnsOf(given: Readonly<Record<string, unknown>>): readonly Column[] {
  return columns.filter(({ property }) => given[property] !== undefined);
}

/** A property's value as its column stores it. */
export function encodeColumn({ kind }: Column, value: unknown): SqlValue {
  if (value === null || value === undefined) return null;
  if (kind === 'json') return JSON.stringify(value);
  if (kind === 'bool') return Number(value);
  return value as SqlValue;
}

/** A whole row of the table. */
export function decodeRun(row: SqlRow): RunRow {
  const decoded: Record<string, unknown> = { key: row.key };
  for (const { property, name, kind } of columns) {
    const value = row[name] ?? null;
    if (value === null) decoded[property] = null;
    else if (kind === 'json') decoded[property] = JSON.parse(String(value));
    else if (kind === 'bool') decoded[property] = value === 1;
    else decoded[property] = value;
  }
  return decoded as RunRow;
}
