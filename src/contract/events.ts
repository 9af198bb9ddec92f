import * as z from 'zod';
import { planEvents, planPhases, planStatuses } from './plan-words.ts';
import { timestamp } from './resources.ts';
import { endedRunStatuses } from './run-words.ts';

const runId = z.string();
const outputData = z.object({
  text: z.string().meta({
    description: 'Complete lines, invalid UTF-8 replaced; a long line comes in pieces of at most 64 KiB',
  }),
  offset: z.int().meta({ description: 'Where the piece begins in the raw file, in bytes' }),
  bytes: z.int(),
  partial: z.boolean().meta({ description: 'The line goes on in the next piece' }),
});

/**
 * The `data` of every event type that the daemon writes (contract §6). A reader must ignore types and keys that it does
 * not know. `docs/events.md` is generated from this table.
 */
export const eventData = {
  'daemon.started': z.object({ version: z.string(), instance_id: z.string(), pid: z.int() }),
  'daemon.reloaded': z.object({ applied: z.array(z.string()), needs_restart: z.array(z.string()) }),
  'daemon.stopping': z.object({ reason: z.string() }),
  'journal.truncated': z.object({ from: z.int(), to: z.int(), run_id: runId.optional() }),
  'repo.added': z.object({ path: z.string(), project: z.string() }),
  'repo.updated': z.object({
    project: z.string(),
    trusted: z.boolean(),
    path: z.string().optional().meta({ description: 'Where it is now, when that has changed' }),
  }),
  'repo.removed': z.object({ path: z.string(), project: z.string() }),
  'plan.created': z.object({ name: z.string(), title: z.string() }),
  'plan.changed': z.object({ name: z.string() }).meta({ description: 'Its text, topic or base' }),
  'plan.transition': z.object({
    name: z.string(),
    event: z.enum(planEvents),
    by: z.string().meta({ description: '`person`, `daemon`, or the id of the run that said it' }),
    from: z.enum(planStatuses),
    to: z.enum(planStatuses),
    phase: z.enum(planPhases).nullable(),
    wave: z.int(),
    task: z.int().nullable(),
    forced: z.boolean(),
  }),
  'plan.blocked': z.object({ name: z.string(), reason: z.string(), by: z.string() }),
  'plan.unblocked': z.object({ name: z.string() }),
  'signal.received': z.object({ signal_id: z.string(), plan: z.string(), event: z.string() }),
  'signal.done': z.object({ signal_id: z.string(), plan: z.string(), event: z.string() }),
  'signal.failed': z.object({
    signal_id: z.string().nullable().meta({ description: 'null: a file that is no signal has no receipt' }),
    plan: z.string(),
    event: z.string().nullable(),
    file: z.string().optional().meta({
      description:
        'Name of a file in the worktree of a run of the plan that is no signal; the first few of many',
    }),
    reason: z.string(),
  }),
  'action.done': z.object({ key: z.string(), kind: z.string(), run_id: z.string().optional() }),
  'action.failed': z.object({
    key: z.string(),
    kind: z.string(),
    error: z.string(),
    retry_at: timestamp.nullable().meta({ description: 'null: it was given up, and a person can revive it' }),
  }),
  'hook.failed': z
    .object({
      hook: z.string().meta({ description: 'Its key, with which each `drover-delivery` begins' }),
      target: z.string().meta({ description: 'The host or the program that it goes to' }),
      event_seq: z.int(),
      event_type: z.string(),
      error: z.string().meta({ description: 'Why the last try failed' }),
    })
    .meta({ description: 'An event could not be delivered and was given up; no hook is told of it' }),
  'run.queued': z.object({ agent: z.string(), prompt: z.string(), reason: z.string().nullable() }),
  'run.started': z.object({
    pid: z.int().meta({ description: 'Of the agent; 0 where it was not written down' }),
    launched_by: z.enum(['systemd', 'session']),
  }),
  'run.notice': z.object({
    text: z
      .string()
      .meta({ description: 'What a person should know of the run, and drover itself has to say' }),
  }),
  'run.waiting': z.object({
    waiting_on: z.string().meta({
      description: 'The id of the pending approval, `input`, or `rate_limit`: only the last needs no person',
    }),
    until: timestamp.optional().meta({ description: 'With `rate_limit`: when the run goes on by itself' }),
  }),
  'run.resumed': z.object({}),
  'run.finished': z.object({
    status: z.enum(endedRunStatuses),
    reason: z.string().nullable(),
    exit_code: z.int().nullable(),
    signal: z.string().nullable(),
    result: z.string().nullable(),
  }),
  'run.cancel_requested': z.object({ reason: z.string() }),
  'run.applied': z.object({
    commit: z
      .string()
      .nullable()
      .meta({ description: 'Where the branch of the checkout is since then; null with squash' }),
    squash: z.boolean(),
    files: z.int(),
  }),
  'run.session': z.object({ session_id: z.string() }),
  'message.delta': z.object({ text: z.string() }),
  'message.completed': z.object({
    text: z.string(),
    partial: z
      .literal(true)
      .optional()
      .meta({ description: 'The agent was gone before it had said all of it' }),
  }),
  'thought.delta': z.object({ text: z.string() }),
  'tool.started': z.object({
    tool_call_id: z.string(),
    title: z.string(),
    kind: z.string(),
    input: z.unknown(),
  }),
  'tool.updated': z.object({ tool_call_id: z.string(), status: z.string() }),
  'tool.finished': z.object({ tool_call_id: z.string(), status: z.enum(['completed', 'failed']) }),
  'agent_plan.updated': z.object({ entries: z.array(z.object({ content: z.string(), status: z.string() })) }),
  'usage.updated': z.object({ usage: z.record(z.string(), z.number()), cost_usd: z.number().nullable() }),
  'agent.notice': z.object({ text: z.string() }),
  'approval.requested': z.object({
    approval_id: z.string(),
    kind: z.string(),
    title: z.string(),
    tool: z.string().nullable(),
    options: z.array(z.object({ id: z.string(), kind: z.string(), label: z.string() })),
    expires_at: timestamp.nullable().optional(),
    default: z
      .enum(['allow', 'deny'])
      .nullable()
      .optional()
      .meta({ description: 'How it is answered then; null when it never expires' }),
    waits: z.boolean().optional().meta({
      description: 'False: a rule or the approval mode has decided it, and `approval.resolved` follows',
    }),
  }),
  'approval.resolved': z.object({
    approval_id: z.string(),
    status: z.string(),
    resolved_by: z
      .string()
      .meta({ description: 'Who answered; `policy` for a rule or the approval mode of the run' }),
    reason: z.string().nullable(),
  }),
  'approval.expired': z.object({
    approval_id: z.string(),
    reason: z.string(),
    resolved_by: z.string().optional().meta({
      description:
        '`policy`: its time was over, and it was answered by its default; `agent`: it was taken back; `daemon`: the run ended',
    }),
  }),
  'input.received': z.object({
    input_id: z.string(),
    text: z
      .string()
      .meta({ description: 'What a person said to the agent at work; its beginning when it is long' }),
  }),
  'input.read': z.object({ input_id: z.string() }),
  'input.unread': z.object({
    input_id: z.string(),
    reason: z.string().meta({ description: 'Why the agent never read it: most often the run ended first' }),
  }),
  'input.uncertain': z.object({
    input: z.string().meta({
      description:
        'Which message to the agent: `session/prompt`, an answer. The daemon stopped while it wrote it, and the protocol would take it for a second one, so it is not sent again; the run waits on `input` until the agent shows that it arrived, or until it is canceled',
    }),
    reason: z.string(),
  }),
  'output.stdout': outputData,
  'output.stderr': outputData,
  'output.truncated': z.object({
    stream: z.enum(['stdout', 'stderr']),
    offset: z.int(),
    bytes: z.int(),
    reason: z.string(),
  }),
  'worktree.created': z.object({
    path: z.string(),
    branch: z.string(),
    base_commit: z.string(),
    uncommitted_files: z.int().meta({
      description: 'Files of the checkout that are not in the worktree because they are not committed',
    }),
  }),
  'worktree.saved': z.object({ ref: z.string(), commit: z.string() }),
  'worktree.removed': z.object({ path: z.string() }),
  'worktree.restored': z.object({
    path: z.string(),
    branch: z.string().nullable().meta({ description: 'null where HEAD is detached' }),
    ref: z.string().nullable().meta({ description: 'Where its uncommitted work came from' }),
  }),
} as const satisfies Record<string, z.ZodObject>;

export type EventType = keyof typeof eventData;
export type EventData<T extends EventType> = z.infer<(typeof eventData)[T]>;
export const eventTypes = Object.keys(eventData) as readonly EventType[];
