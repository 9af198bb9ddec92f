import * as z from 'zod';
import {
  actionStatuses,
  planPhases,
  planRoles,
  planStatuses,
  signalStatuses,
  taskStatuses,
} from './plan-words.ts';
import { timestamp } from './resources.ts';
import { runStatuses } from './run-words.ts';

const planTask = z.object({
  number: z.int().meta({ description: 'From 1 over the whole plan' }),
  title: z.string(),
  status: z.enum(taskStatuses),
  attempt: z.int().meta({ description: 'How often a coder was started for it' }),
  reason: z.string().nullable().meta({ description: 'Why it failed, or waits, in one sentence' }),
  commit: z.string().nullable().meta({ description: 'The head of the plan’s branch once it was merged' }),
  run_id: z.string().nullable().meta({ description: 'Its newest run; null: it is still to begin' }),
});

const planRun = z.object({
  run_id: z.string(),
  role: z
    .enum([...planRoles, 'evidence'])
    .meta({ description: 'evidence: the commands of `[verify]`, which drover runs itself' }),
  round: z.int().meta({ description: 'Which review or verification it belongs to' }),
  wave: z.int().nullable(),
  task: z.int().nullable(),
  attempt: z.int(),
  state: z.enum(['open', 'asked', 'signaled', 'closed']).meta({
    description:
      'open: it has not said that it is done. asked: it ended without, and was asked. signaled: it has. closed: it does not count any more',
  }),
});

const livePlanRun = z.object({
  run_id: z.string(),
  role: planRun.shape.role,
  task: z.int().nullable(),
  status: z.enum(runStatuses),
  waiting_on: z.string().nullable().meta({ description: 'As of the run: the approval that it waits for' }),
  asks: z.enum(['permission', 'question']).nullable().meta({ description: 'What a person is asked' }),
});

const planEvidence = z.object({
  stage: z.enum(['review', 'verify']),
  round: z.int(),
  run_id: z.string(),
  command: z.string(),
  commit: z.string(),
  exit_code: z.int().nullable().meta({ description: 'null: it did not end by itself' }),
  output: z.string().meta({ description: 'What it wrote last' }),
  at: timestamp,
});

const planAction = z.object({
  key: z.string(),
  kind: z.string(),
  status: z.enum(actionStatuses),
  attempts: z.int(),
  error: z.string().nullable(),
  due_at: timestamp,
});

const planSettings = z.object({
  verify: z.array(z.string()).meta({ description: 'The commands of `[verify]` that hold for it' }),
  auto_readiness_review: z.boolean(),
  own: z.enum(['none', 'used', 'untrusted', 'broken']).meta({
    description: 'What becomes of the repository’s own `.drover/config.toml`; untrusted: it is not used',
  }),
  problem: z.string().nullable().meta({ description: 'What is wrong with it, where it is broken' }),
});

const planCheckout = z.object({
  path: z.string(),
  base_gone: z.boolean().meta({ description: 'The base of a plan that is done is not there any more' }),
  uncommitted: z.int().nullable().meta({
    description:
      'Files that are changed or new there and will not be in its branch; null: the branch is made, or begins elsewhere',
  }),
});

const verdict = z.object({
  head: z.string(),
  base: z.string(),
  by: z.string(),
  at: timestamp,
  words: z.string().nullable().meta({ description: 'What was said with it' }),
});

/** One piece of work on a repository, carried by agents through its states (contract §7). */
export const planSummary = z
  .object({
    id: z.string(),
    name: z.string(),
    repo: z.object({ id: z.string(), project: z.string() }),
    title: z.string(),
    topic: z.string().nullable().meta({ description: 'One plan of a topic is implemented at a time' }),
    status: z.enum(planStatuses),
    phase: z.enum(planPhases).nullable(),
    wave: z.int().meta({ description: 'The wave that it is at; 0 before the first' }),
    wave_count: z.int(),
    tasks_merged: z.int(),
    task_count: z.int(),
    review_cycle: z.int(),
    verify_cycle: z.int(),
    blocked: z
      .object({ reason: z.string(), by: z.string(), at: timestamp })
      .nullable()
      .meta({ description: 'What a person has to decide: nothing is started for it before' }),
    forced: z.boolean().meta({
      description: 'It was promoted because its verifications were used up, not because one approved it',
    }),
    live: z
      .array(livePlanRun)
      .meta({ description: 'Its runs that live and have not said that they are done, oldest first' }),
    failing: z
      .string()
      .nullable()
      .meta({ description: 'Why something that it owes could not be done yet; it is tried again' }),
    branch: z.string(),
    merged_at: timestamp
      .nullable()
      .meta({ description: 'When its base was seen to have all of it, once it was done' }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'PlanSummary' });
export type PlanSummary = z.infer<typeof planSummary>;

export const plan = planSummary
  .extend({
    goal: z.string().nullable(),
    architecture: z.string().nullable(),
    tech_stack: z.string().nullable(),
    content: z.string().meta({ description: 'The plan as markdown' }),
    problems: z
      .array(z.string())
      .meta({ description: 'What is wrong with its markdown, each with its line' }),
    base: z.string().meta({ description: 'The branch or commit that it starts from' }),
    base_commit: z.string().nullable(),
    head_commit: z.string().nullable().meta({ description: 'Where its branch is' }),
    kept: z.array(z.string()).meta({
      description: 'References of the repository with the work of before it was begun anew, oldest first',
    }),
    waves: z.array(z.object({ number: z.int(), title: z.string().nullable(), tasks: z.array(planTask) })),
    feedback: z.string().nullable().meta({ description: 'What the last review or verification asked for' }),
    review: verdict.nullable(),
    verification: verdict.nullable(),
    runs: z.array(planRun),
    evidence: z.array(planEvidence),
    owed: z.array(planAction).meta({ description: 'What the plan still owes, and what was given up' }),
    settings: planSettings.meta({ description: 'What the settings say for it at present' }),
    checkout: planCheckout.meta({ description: 'The checkout of its repository' }),
    refused: z
      .array(z.object({ id: z.string(), event: z.string(), reason: z.string(), at: timestamp }))
      .meta({
        description:
          'The last signals of runs that were refused since its present round began, and that nobody has said again',
      }),
  })
  .meta({ id: 'Plan' });
export type Plan = z.infer<typeof plan>;

/** What an agent or a person has said of a plan, and what became of it. */
export const signal = z
  .object({
    id: z.string(),
    repo_id: z.string(),
    plan: z.string(),
    event: z.string(),
    wave: z.int().nullable(),
    task: z.int().nullable(),
    body: z.string(),
    source: z.string().meta({ description: '`file`, `person` or the id of the run that said it' }),
    status: z.enum(signalStatuses),
    reason: z.string().nullable().meta({ description: 'Why it was refused' }),
    received_at: timestamp,
  })
  .meta({ id: 'Signal' });
export type Signal = z.infer<typeof signal>;
