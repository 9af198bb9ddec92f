import * as z from 'zod';
import {
  approvalModeWords,
  approvalStatusFilters,
  logTypes,
  runStatusFilters,
  usageKinds,
} from './run-words.ts';
import { parseDurationMs } from './units.ts';

/** A duration as text, checked: `30s`, `5m`, `2h`; `0` = none. */
export const durationText = z.string().refine((text) => canParse(() => parseDurationMs(text)), {
  error: 'expected a duration such as 30s, 5m or 2h, or 0 for none',
});

function canParse(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false; // the refinement's own message is the answer
  }
}

/** Names of runs, agents and projects: what a person can type without quoting. */
export const nameText = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
  error: 'expected 1 to 64 letters, digits, dots, underscores or dashes, starting with a letter or digit',
});

/** `yolo` is what one reference page calls `unrestricted`; empty is the agent's own mode. */
export const approvalModeInput = z
  .enum([...approvalModeWords, ''])
  .transform((mode) => (mode === 'yolo' ? ('unrestricted' as const) : mode === '' ? undefined : mode));

/** The longest prompt: what fits a request body. */
export const maxPromptChars = 1_000_000;

/** Body of `POST /v1/runs` (contract §5). */
export const startRun = z
  .strictObject({
    prompt: z
      .string()
      .max(maxPromptChars)
      .optional()
      .meta({ description: 'What the agent is asked to do; required unless command is given' }),
    command: z
      .array(z.string())
      .min(1)
      .optional()
      .meta({ description: 'For the command runtime: the program and its arguments' }),
    agent: z.string().optional(),
    profile: z.string().optional().meta({ description: 'Alias of agent' }),
    model: z.string().optional(),
    max_turns: z.int().positive().optional(),
    approval_mode: approvalModeInput.optional(),
    max_cost_usd: z.number().positive().max(1_000_000).optional().meta({
      description: 'The run is stopped when its agent tells that it has cost so much',
    }),
    max_tokens: z.int().positive().optional().meta({
      description: 'The run is stopped when it has read and written so many tokens together',
    }),
    run_label: z.string().max(200).optional(),
    name: nameText.optional(),
    repo: z.string().optional().meta({
      description:
        'Id, project name or path of a registered repository; without it the run works in a scratch folder',
    }),
    session_id: z.string().min(1).optional().meta({
      description:
        'Go on with this conversation: the agent’s own id of it, or a run of it (id, unique prefix or name), in the place where it was led',
    }),
    worktree: z
      .boolean()
      .optional()
      .meta({ description: 'false works in the checkout itself; the default is a worktree of its own' }),
    base: z
      .string()
      .optional()
      .meta({ description: 'Branch, tag or commit that the worktree starts from; default HEAD' }),
    timeout: durationText.optional().meta({ description: 'The run is stopped after this long' }),
  })
  .meta({ id: 'StartRun' });
export type StartRun = z.infer<typeof startRun>;

/** Body of `POST /v1/runs/{run}/retry`, which may be left out (contract §10.10). */
export const retryRun = z
  .strictObject({
    fresh: z.boolean().optional().meta({
      description:
        'Begin anew, with the original prompt in a new worktree, also where the session could go on',
    }),
    prompt: z
      .string()
      .min(1)
      .max(maxPromptChars)
      .optional()
      .meta({ description: 'What the agent is asked instead' }),
  })
  .prefault({})
  .meta({ id: 'RetryRun' });
export type RetryRun = z.infer<typeof retryRun>;

export const addRepo = z
  .strictObject({ path: z.string().min(1), name: nameText.optional() })
  .meta({ id: 'AddRepo' });
export const patchRepo = z
  .strictObject({
    project: nameText.optional(),
    trusted: z.boolean().optional(),
    path: z.string().min(1).optional().meta({
      description: 'Where the repository is now; git’s notes of the worktrees of its runs are mended',
    }),
  })
  .meta({ id: 'PatchRepo' });

/** Body of `POST /v1/runs/{run}/apply`. */
export const applyRun = z
  .strictObject({
    squash: z.boolean().optional().meta({
      description: 'All of it as one staged change without a commit, in index and work tree',
    }),
  })
  .prefault({})
  .meta({ id: 'ApplyRun' });

export const listWorktreesQuery = z.strictObject({
  repo: z.string().optional().meta({ description: 'Only those of this repository' }),
});

/** Body of `POST /v1/worktrees/prune`. */
export const pruneWorktrees = z
  .strictObject({
    dry_run: z.boolean().optional().meta({ description: 'Say what would be done, and do nothing' }),
    repo: z.string().optional().meta({ description: 'Only those of this repository' }),
    runs: z.array(z.string()).min(1).optional().meta({
      description:
        'Remove the worktrees of these runs, what they hold saved first; without it only those that the checkout has all of, or that nothing was changed in',
    }),
  })
  .prefault({})
  .meta({ id: 'PruneWorktrees' });
export type PruneWorktrees = z.infer<typeof pruneWorktrees>;

/** An address that a person can open: http or https, without a name and password in it. */
const httpUrl = z.string().max(2048).refine(isPlainHttpUrl, {
  error: 'expected an http:// or https:// address without user and password',
});

function isPlainHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

/** Body of `POST /v1/workers`: a remote worker's first word and each heartbeat. */
export const registerWorker = z
  .strictObject({
    name: nameText,
    url: httpUrl.meta({ description: 'Where to reach it; nothing is fetched from there' }),
    host: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .meta({ description: 'Its machine; default: the host of url' }),
    cwd: z.string().max(4096).optional(),
    version: z.string().max(64).optional(),
    session_id: z.string().max(200).optional(),
  })
  .meta({ id: 'RegisterWorker' });
export type RegisterWorker = z.infer<typeof registerWorker>;

/** Body of `POST /v1/approvals/{approval}` (contract §10.4). */
export const resolveApproval = z
  .strictObject({
    decision: z.enum(['allow', 'deny', 'answer']),
    always: z.boolean().optional(),
    option_id: z.string().optional(),
    text: z.string().max(maxPromptChars).optional(),
    reason: z.string().max(2000).optional(),
  })
  .meta({ id: 'ResolveApproval' });
export type ResolveApproval = z.infer<typeof resolveApproval>;

/** Body of `POST /v1/runs/{run}/input`. */
export const sendInput = z
  .strictObject({
    text: z
      .string()
      .max(maxPromptChars)
      .refine((text) => text.trim() !== '', { error: 'expected something to say' })
      .meta({ description: 'What the agent is told while it works' }),
  })
  .meta({ id: 'SendInput' });
export type SendInput = z.infer<typeof sendInput>;

/** An integer in a query string. */
const queryInt = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** `limit` of every list: 50 by default, at most 500, 0 = all. */
export const listLimit = queryInt(0, 500).default(50);

export const listQuery = z.strictObject({ limit: listLimit, cursor: z.string().optional() });
export const listReposQuery = z.strictObject({
  limit: listLimit,
  cursor: z.string().optional(),
  path: z.string().optional().meta({
    description: 'Only the repository at this absolute path, or the one that the path is inside of',
  }),
});
export const listRunsQuery = z.strictObject({
  limit: listLimit,
  cursor: z.string().optional(),
  status: z.enum(runStatusFilters).optional(),
  repo: z.string().optional(),
  session: z.string().optional().meta({
    description: 'Only runs of one conversation: the agent’s own id of it, or a run of it',
  }),
});
export const listApprovalsQuery = z.strictObject({
  limit: listLimit,
  cursor: z.string().optional(),
  status: z.enum(approvalStatusFilters).default('pending'),
});
export const eventsQuery = z.strictObject({
  after: queryInt(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: 'Resume after this seq; Last-Event-ID wins' }),
  limit: listLimit,
  follow: z
    .enum(['true', 'false'])
    .default('true')
    .meta({ description: 'false ends an event stream at the last event there is' }),
});
const dayText = z.iso.date({ error: 'expected a day such as 2026-11-28' });
export const usageQuery = z.strictObject({
  by: z.enum(usageKinds).default('day'),
  since: dayText.optional().meta({ description: 'From this day of the daemon’s clock on' }),
  until: dayText.optional().meta({ description: 'Up to this day, and with it' }),
  limit: listLimit,
});
export type UsageQuery = z.infer<typeof usageQuery>;

export const logsQuery = z.strictObject({
  type: z.enum(logTypes).default('process').meta({
    description:
      'process: what it wrote besides its protocol; stdout, stderr: the raw files; transcript: its protocol; debug: the daemon’s own log of the run; telemetry: its events, one JSON object a line',
  }),
  tail: queryInt(0, 1_000_000).optional().meta({ description: 'Only the last N lines' }),
  offset: queryInt(0, Number.MAX_SAFE_INTEGER).optional().meta({
    description: 'Begin at this byte of stdout, stderr or transcript: what drover-next-offset said',
  }),
});
export const listWorkersQuery = z.strictObject({
  kind: z.enum(['run', 'remote']).optional(),
});
export const listAgentsQuery = z.strictObject({
  all: z.enum(['true', 'false']).default('false').meta({ description: 'Also those that are not installed' }),
});
export const deleteRepoQuery = z.strictObject({ keep_runs: z.enum(['true', 'false']).default('false') });
