import * as z from 'zod';
import { approvalModes, runStatuses, runtimes, usageKinds } from './run-words.ts';

/** RFC 3339 in UTC with milliseconds, as `Date.prototype.toISOString` writes it. */
export const timestamp = z.iso.datetime({ precision: 3 });

const usage = z
  .object({
    input_tokens: z.int().optional(),
    output_tokens: z.int().optional(),
    context_tokens: z.int().optional(),
    context_size: z.int().optional(),
  })
  .meta({ description: 'What the agent reported; only the keys that it reported' });

/** One execution of one agent on one prompt (contract §10.1): every key is always present. */
export const run = z
  .object({
    id: z.string(),
    run_id: z.string().meta({ description: 'The same as id' }),
    status: z.enum(runStatuses),
    reason: z
      .string()
      .nullable()
      .meta({ description: 'Why the run is queued, waiting or ended as it is, in one sentence' }),
    agent: z.string(),
    runtime: z.enum(runtimes),
    profile: z.string().meta({ description: 'The same as agent: what one reference page calls it' }),
    model: z.string().nullable(),
    approval_mode: z.enum(approvalModes),
    max_turns: z.int().nullable(),
    max_cost_usd: z.number().nullable(),
    max_tokens: z.int().nullable(),
    label: z.string().nullable(),
    name: z.string().nullable(),
    prompt: z.string(),
    command: z.array(z.string()).nullable(),
    repo: z.object({ id: z.string(), project: z.string() }).nullable(),
    worktree: z.string().nullable().meta({ description: 'The folder the agent works in' }),
    branch: z.string().nullable(),
    base_commit: z.string().nullable(),
    ports: z.object({ base: z.int(), count: z.int() }).nullable().meta({
      description:
        'Ports that are this run’s while it lives; in its environment as DROVER_PORT_BASE and DROVER_PORT_COUNT',
    }),
    session_id: z.string().nullable(),
    retry_of: z.string().nullable(),
    created_at: timestamp,
    started_at: timestamp.nullable(),
    ended_at: timestamp.nullable(),
    exit_code: z.int().nullable(),
    signal: z.string().nullable(),
    result: z.string().nullable().meta({ description: 'The last message of the agent' }),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    usage: usage.nullable(),
    cost_usd: z.number().nullable(),
    waiting_on: z.string().nullable().meta({
      description: 'The id of the pending approval, `input`, or `rate_limit`: only the last needs no person',
    }),
    attach_command: z.array(z.string()).nullable().meta({
      description:
        'The command that opens the terminal of a live run on the machine of the daemon; null for other runs',
    }),
  })
  .meta({ id: 'Run' });
export type Run = z.infer<typeof run>;

/** A message that was taken for an agent at work: the events `input.read` and `input.unread` tell what became of it. */
export const sentInput = z.object({ input_id: z.string(), run_id: z.string() }).meta({ id: 'SentInput' });
export type SentInput = z.infer<typeof sentInput>;

/** What agents used up, line by line: `GET /v1/usage`. */
export const usageReport = z
  .object({
    by: z.enum(usageKinds),
    since: z.string().nullable(),
    until: z.string().nullable(),
    items: z.array(
      z.object({
        key: z.string().meta({
          description:
            'The day, or the id of the run, session or repository, or the agent’s name; empty for runs without a repository',
        }),
        label: z
          .string()
          .nullable()
          .meta({ description: 'Name or prompt of the run, project of the repository' }),
        input_tokens: z.int(),
        output_tokens: z.int(),
        cost_usd: z.number().nullable().meta({ description: 'null: no agent told it' }),
        runs: z.int().nullable().meta({
          description: 'By run and session: of how many runs; else null, because removed ones count too',
        }),
      }),
    ),
  })
  .meta({ id: 'UsageReport' });
export type UsageReport = z.infer<typeof usageReport>;

/** A registered git repository. */
export const repo = z
  .object({
    id: z.string(),
    path: z.string().meta({ description: 'Canonical path: links resolved, the top of the work tree' }),
    project: z.string().meta({ description: 'Display name, unique' }),
    trusted: z.boolean(),
    own_config: z
      .object({
        copy: z.array(z.string()),
        setup: z.array(z.string()),
        verify: z.array(z.string()),
        roles: z.record(z.string(), z.string()).meta({ description: 'Agents by role' }),
        settings: z
          .record(z.string(), z.union([z.boolean(), z.number(), z.string()]))
          .meta({ description: 'What it says of how its plans move by themselves' }),
        prompts: z.array(z.string()).meta({ description: 'Roles that .drover/prompts has a prompt for' }),
        unused: z
          .array(z.string())
          .meta({ description: 'Files of .drover/prompts that cannot be used, each with the reason' }),
        problem: z.string().nullable().meta({ description: 'Why the file is not used, whoever trusts it' }),
      })
      .nullable()
      .meta({ description: 'What its .drover/config.toml asks for; null where there is none' }),
    missing: z.boolean().meta({ description: 'The folder is gone or no repository any more' }),
    active_runs: z.int(),
    active_plans: z.int().meta({ description: 'Plans that are at work: begun, and not at their end' }),
    plans_blocked: z.int().meta({ description: 'How many of those wait for a person’s decision' }),
    plans_waiting: z.int().meta({
      description: 'Plans that wait for a person to say advance, or implement, or to start the next wave',
    }),
    added_at: timestamp,
  })
  .meta({ id: 'Repo' });
export type Repo = z.infer<typeof repo>;

/** An agent that a run can name, or one that could be installed. */
export const listedAgent = z
  .object({
    name: z.string(),
    runtime: z.enum(runtimes).meta({ description: 'What it is spoken with in' }),
    source: z.enum(['config', 'found', 'built-in', 'not-installed']),
    command: z.array(z.string()).meta({
      description: 'Program and arguments; empty for the built-in command, whose runs bring their own',
    }),
    version: z
      .string()
      .nullable()
      .meta({ description: 'Of its program, read from its files: nothing is executed to learn it' }),
    tested_with: z
      .string()
      .nullable()
      .meta({ description: 'The version of its program that drover is tested with; null: untested' }),
    is_default: z.boolean().meta({ description: 'A run that names no agent gets this one' }),
    install: z.string().nullable().meta({ description: 'How to get it, where it is not installed' }),
  })
  .meta({ id: 'Agent' });
export type ListedAgent = z.infer<typeof listedAgent>;

export const approvalStatuses = ['pending', 'allowed', 'denied', 'answered', 'expired'] as const;

const nullableMeta = <T extends z.ZodType>(type: T, description: string) =>
  type.nullable().meta({ description });

/** The process side of a live run, or a peer on another machine: every key is always present. */
export const worker = z
  .object({
    kind: z.enum(['run', 'remote']),
    name: z.string().nullable(),
    run_id: z.string().nullable(),
    pid: nullableMeta(z.int(), 'The process of the agent; null while there is none'),
    agent: z.string().nullable(),
    runtime: z.enum(runtimes).nullable(),
    status: z.string().meta({ description: 'The status of the run; alive for a remote worker' }),
    repo: z.object({ id: z.string(), project: z.string() }).nullable(),
    session_id: z.string().nullable(),
    cwd: z.string().nullable(),
    started_at: nullableMeta(timestamp, 'When the run started, or the remote worker first came'),
    age_sec: nullableMeta(z.number(), 'Seconds since then'),
    processes: nullableMeta(
      z.int(),
      'How many are alive in the whole tree; drover’s launcher is not counted',
    ),
    cpu_pct: nullableMeta(
      z.number(),
      'CPU of the whole tree since the last look at it, some hundred milliseconds to 30 seconds ago; 100 is one core',
    ),
    cpu_seconds: nullableMeta(
      z.number(),
      'CPU time of the whole tree so far, user and system, processes that ended included as far as measured_by tells',
    ),
    memory_bytes: nullableMeta(
      z.int(),
      'Memory of the whole tree in RAM; pages that processes share are counted once by cgroup, else in each',
    ),
    measured_by: nullableMeta(
      z.enum(['cgroup', 'processes']),
      'What counts: the control group of the run’s unit, or its processes one by one',
    ),
    host: z.string(),
    url: nullableMeta(z.string(), 'Where to reach a remote worker; drover itself never does'),
    version: z.string().nullable(),
    last_heartbeat_at: timestamp.nullable(),
  })
  .meta({ id: 'Worker' });
export type Worker = z.infer<typeof worker>;

/** A permission request or a question of an agent that waits for a person (contract §10.4). */
export const approval = z
  .object({
    id: z.string(),
    run_id: z.string(),
    repo: z.object({ id: z.string(), project: z.string() }).nullable(),
    kind: z.enum(['permission', 'question']),
    title: z.string(),
    tool: z.string().nullable(),
    input: z.unknown().meta({ description: 'What the tool is to be called with, as the agent said it' }),
    options: z.array(z.object({ id: z.string(), kind: z.string(), label: z.string() })),
    status: z.enum(approvalStatuses),
    default: z.string().nullable().meta({ description: 'The decision at expiry; null: none, it waits' }),
    requested_at: timestamp,
    expires_at: timestamp.nullable(),
    resolved_at: timestamp.nullable(),
    resolved_by: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'Approval' });
export type Approval = z.infer<typeof approval>;

/** One entry of the journal (contract §6). */
export const event = z
  .object({
    seq: z
      .int()
      .positive()
      .meta({ description: 'Position in the one journal: an integer without gaps when written' }),
    time: timestamp,
    type: z.string().meta({ description: 'Dotted and open-ended: ignore the types you do not know' }),
    run_id: z.string().optional(),
    repo_id: z.string().optional(),
    plan_id: z.string().optional(),
    source: z.enum(['daemon', 'agent', 'person']),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' });
export type Event = z.infer<typeof event>;

/** What `POST /v1/runs/{run}/apply` did to the checkout of the repository. */
export const applyResult = z
  .object({
    status: z.enum(['applied', 'nothing']).meta({
      description: 'nothing: the checkout has all that the run made already',
    }),
    run_id: z.string(),
    squash: z.boolean(),
    commit: z.string().nullable().meta({ description: 'Where the branch is now; null where none was made' }),
    branch: z.string().nullable().meta({ description: 'The branch of the checkout; null where it has none' }),
    files: z.int().meta({ description: 'Files of the checkout that were changed' }),
    left_out: z.array(z.string()).meta({
      description: 'Repositories inside the worktree of the run: what they hold stays there',
    }),
  })
  .meta({ id: 'ApplyResult' });
export type ApplyResult = z.infer<typeof applyResult>;

const savedWork = z
  .object({ ref: z.string(), commit: z.string() })
  .meta({ description: 'What was not committed when it was removed' });

/** The worktree of a run, or what was saved of one that was removed. */
export const worktree = z
  .object({
    run_id: z.string().meta({ description: 'The run that it was made for' }),
    state: z.enum(['live', 'ended', 'orphaned', 'removing', 'saved']).meta({
      description:
        'live: a run works in it. ended: none does. orphaned: no run is known for it. removing: its removal was cut short. saved: it is removed, and had uncommitted work',
    }),
    repo: z.object({ id: z.string(), project: z.string() }).nullable().meta({
      description: 'null: its repository is not registered any more',
    }),
    path: z.string(),
    branch: z.string().nullable().meta({ description: 'null where HEAD is detached, or nobody knows' }),
    uncommitted_files: z.int().nullable().meta({ description: 'null where there is nothing to look at' }),
    merged: z
      .boolean()
      .nullable()
      .meta({ description: 'Its commit is in the HEAD of the repository’s checkout' }),
    saved: savedWork.nullable(),
    problem: z.string().nullable().meta({ description: 'Why it cannot be looked at, in one sentence' }),
  })
  .meta({ id: 'Worktree' });
export type Worktree = z.infer<typeof worktree>;

/** What `POST /v1/worktrees/prune` did, or would do. */
export const pruneResult = z
  .object({
    dry_run: z.boolean(),
    items: z.array(
      z.object({
        run_id: z.string(),
        repo: z.object({ id: z.string(), project: z.string() }).nullable(),
        path: z.string(),
        removed: z.boolean().meta({ description: 'With dry_run: would be' }),
        reason: z.string().meta({ description: 'Why it goes, or why it stays' }),
        saved: savedWork.nullable(),
      }),
    ),
  })
  .meta({ id: 'PruneResult' });
export type PruneResult = z.infer<typeof pruneResult>;

const runCounts = z.object({
  queued: z.int(),
  starting: z.int(),
  running: z.int(),
  waiting: z.int(),
  parked: z
    .int()
    .meta({ description: 'How many of the waiting ones wait for a provider’s limit, not for a person' }),
});

/** What `GET /v1/status` answers. */
export const status = z
  .object({
    running: z.literal(true),
    ready: z.boolean(),
    draining: z.boolean(),
    version: z.string(),
    pid: z.int(),
    uptime_sec: z.number(),
    started_at: timestamp,
    profile: z.string(),
    instance_id: z.string(),
    socket: z.string(),
    address: z.string().nullable(),
    state_root: z.string(),
    config: z.string().nullable(),
    service: z
      .string()
      .nullable()
      .meta({ description: 'What manages the daemon, such as systemd:drover.service; null for nothing' }),
    repo_count: z.int(),
    repos: z.array(repo),
    runs: runCounts,
    runs_interrupted: z.int().meta({ description: 'Runs that ended interrupted since this daemon started' }),
    approvals_pending: z.int(),
    plans_blocked: z
      .int()
      .meta({ description: 'Plans of all repositories that wait for a person’s decision' }),
    last_seq: z.int(),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Status' });
export type Status = z.infer<typeof status>;

/** RFC 9457 problem details with drover's stable `code`. */
export const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    hint: z.string().optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;

/** What a reload did: contract §3, `daemon reload`. */
export const reloadResult = z
  .object({
    applied: z.array(z.string()),
    needs_restart: z.array(z.string()),
    unchanged: z.boolean(),
  })
  .meta({ id: 'ReloadResult' });
export type ReloadResult = z.infer<typeof reloadResult>;

/** A list: newest first unless the route says otherwise; `next_cursor` is null on the last page. */
export function page<T extends z.ZodType>(items: T) {
  return z.object({ items: z.array(items), next_cursor: z.string().nullable() });
}
export type Page<T> = { readonly items: readonly T[]; readonly next_cursor: string | null };
