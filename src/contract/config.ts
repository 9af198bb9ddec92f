import * as z from 'zod';
import { budgetConfig } from './budget-config.ts';
import { hooksConfig } from './hook-config.ts';
import { planKeys, rolesConfig, verifyConfig } from './plan-config.ts';
import { policyConfig } from './policy-config.ts';
import { durationText, nameText } from './requests.ts';
import { approvalModeWords, runtimes } from './run-words.ts';
import { parseBytes } from './units.ts';

/** When a changed key takes effect: at once on reload, or only after a restart. */
export type ConfigKeyScope = 'live' | 'restart';

const bytesText = z.string().refine(
  (text) => {
    try {
      parseBytes(text);
      return true;
    } catch {
      return false; // the refinement's own message is the answer
    }
  },
  { error: 'expected a size such as 64KiB, 100MB or 1GiB, or 0 for none' },
);

const portRangeText = z.string().refine(
  (text) => {
    const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
    return text === '' || (Number(from) >= 1024 && Number(from) <= Number(to) && Number(to) <= 65_535);
  },
  { error: 'expected two ports from 1024 to 65535, such as "20000-29999", or nothing for none' },
);

/** A preset `[agents.NAME]`. */
export const agentConfig = z.strictObject({
  runtime: z
    .enum(runtimes)
    .meta({ description: 'The kind of program: "acp", "claude", "codex", "command" or "terminal"' }),
  command: z.array(z.string()).min(1).meta({ description: 'The program and its arguments' }),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string())
    .default({})
    .meta({ description: 'Added to the environment of the agent' }),
  approval_mode: z
    .enum(approvalModeWords)
    .default('ask')
    .meta({ description: '"ask", "auto" or "unrestricted" (alias "yolo")' }),
  max_turns: z.int().positive().optional().meta({ description: 'Turns before the run is stopped' }),
  run_timeout: durationText.optional().meta({ description: 'Overrides the daemon-wide run_timeout' }),
  approval_timeout: durationText.optional().meta({ description: 'Overrides approval_timeout of [policy]' }),
  max_parallel: z
    .int()
    .min(0)
    .max(1000)
    .optional()
    .meta({ description: 'Runs of this agent that work at the same time; 0 = no limit of its own' }),
});
export type AgentConfig = z.infer<typeof agentConfig>;

/**
 * `daemon.toml`, whole. The schema knows exactly the keys that work; each has its default and says in `scope` when a
 * change takes effect. `config.example.toml` and docs/config.md are generated from it.
 */
export const config = z.strictObject({
  poll_interval_sec: z.number().min(0.1).max(3600).default(2).meta({
    scope: 'live',
    description:
      'The fallback scan of run folders and repositories, in seconds. File watching makes changes visible at once',
  }),
  repos: z.array(z.string()).default([]).meta({
    scope: 'live',
    description:
      'Repositories registered at start and on reload. One that is missing is a warning in `status`, not a failed start',
  }),
  max_parallel_runs: z
    .int()
    .min(1)
    .max(1000)
    .default(4)
    .meta({ scope: 'live', description: 'Runs that work at the same time; the rest queue, visibly' }),
  max_parallel_runs_per_repo: z
    .int()
    .min(1)
    .max(1000)
    .default(4)
    .meta({ scope: 'live', description: 'The same for one repository' }),
  ...planKeys,
  run_timeout: durationText
    .default('0')
    .meta({ scope: 'live', description: 'A run is stopped after this long: 30s, 5m, 2h; 0 = none' }),
  idle_timeout: durationText.default('0').meta({
    scope: 'live',
    description:
      'A run that says nothing for this long is stopped; one that waits for a person is not idle; 0 = none',
  }),
  run_output_limit: bytesText
    .default('1GiB')
    .meta({ scope: 'live', description: 'A run that writes more is stopped with that reason' }),
  retention_days: z.int().min(0).default(30).meta({
    scope: 'live',
    description: 'Finished runs older than this are removed with their journal; 0 = kept',
  }),
  retention_bytes: bytesText.default('5GiB').meta({
    scope: 'live',
    description: 'Oldest finished runs are removed while the run folders hold more than this; 0 = no limit',
  }),
  socket_path: z.string().default('').meta({
    scope: 'restart',
    description:
      'Path of the Unix socket; empty = $XDG_RUNTIME_DIR/drover/drover.sock, else /tmp/drover-<uid>/drover.sock',
  }),
  addr: z
    .string()
    .default('')
    .meta({ scope: 'restart', description: 'HOST:PORT to listen on over TCP as well; empty = no TCP' }),
  default_agent: z.string().default('').meta({
    scope: 'live',
    description: 'The agent of a run that names none; empty = the first one found on this machine',
  }),
  auth: z
    .strictObject({
      mode: z.enum(['bearer', 'none']).default('bearer').meta({
        scope: 'restart',
        description: 'TCP needs a token, on loopback too, unless "none", which is allowed on loopback only',
      }),
      admin_token_file: z.string().default('').meta({
        scope: 'live',
        description: 'File with the admin token, readable by you alone; re-read when it changes',
      }),
      readonly_token_file: z
        .string()
        .default('')
        .meta({ scope: 'live', description: 'File with a token that may only read' }),
    })
    .prefault({}),
  http: z
    .strictObject({
      allowed_hosts: z.array(z.string()).default([]).meta({
        scope: 'live',
        description:
          'Names besides the bound address and loopback literals that a TCP request’s Host may carry',
      }),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .default('info')
        .meta({ scope: 'live', description: 'The least severe line that is logged' }),
      max_bytes: bytesText
        .default('100MiB')
        .meta({ scope: 'live', description: 'All log files together; the oldest are removed' }),
    })
    .prefault({}),
  worktree: z
    .strictObject({
      port_range: portRangeText.default('20000-29999').meta({
        scope: 'live',
        description:
          'Ports that runs in a worktree or scratch folder get blocks of, as DROVER_PORT_BASE and DROVER_PORT_COUNT in their environment; no two live runs have the same; empty = none',
      }),
      ports_per_run: z
        .int()
        .min(1)
        .max(1000)
        .default(10)
        .meta({ scope: 'live', description: 'How many ports a run gets' }),
    })
    .prefault({}),
  roles: rolesConfig.prefault({}),
  verify: verifyConfig.prefault({}),
  policy: policyConfig.prefault({}),
  budget: budgetConfig.prefault({}),
  hooks: hooksConfig,
  agents: z
    .record(nameText, agentConfig)
    .default({})
    .meta({ scope: 'live', description: 'Named presets: how to start an agent' }),
});
export type Config = z.infer<typeof config>;
