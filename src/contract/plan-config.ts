import * as z from 'zod';
import type { planRoles } from './plan-words.ts';

/** Keys that say how plans move by themselves: in `daemon.toml`, and for one repository in its own configuration. */
export const planKeys = {
  auto_advance: z.boolean().default(false).meta({
    scope: 'live',
    description:
      'A plan is ready as soon as its planner has finished; off: it waits for `drover plan advance`',
  }),
  auto_implement: z
    .boolean()
    .default(false)
    .meta({ scope: 'live', description: 'A plan is implemented as soon as what its planner wrote is taken' }),
  auto_advance_waves: z
    .boolean()
    .default(true)
    .meta({ scope: 'live', description: 'The next wave starts when all tasks of the last are merged' }),
  auto_review_fix: z.boolean().default(true).meta({
    scope: 'live',
    description: 'A fixer is started after review_changes_requested or verify_failed',
  }),
  auto_readiness_review: z
    .boolean()
    .default(true)
    .meta({ scope: 'live', description: 'A verifier is started after the reviewer has approved' }),
  max_review_fix_cycles: z.int().min(0).default(0).meta({
    scope: 'live',
    description:
      'Rounds of review and fix before a person decides; 0 = no limit by count: a loop that gets nowhere still stops',
  }),
  readiness_self_fix_max_lines: z.int().min(0).default(80).meta({
    scope: 'live',
    description: 'Lines, added plus deleted, that a verifier may change itself; the daemon counts them',
  }),
  readiness_max_verify_cycles: z.int().min(0).default(2).meta({
    scope: 'live',
    description: 'After so many verify_failed, readiness_on_exhausted; 0 = no limit by count',
  }),
  readiness_on_exhausted: z.enum(['promote', 'block']).default('promote').meta({
    scope: 'live',
    description: '"promote": done, recorded as forced; "block": a person decides',
  }),
  max_parallel_wave_tasks: z
    .int()
    .min(1)
    .max(1000)
    .default(4)
    .meta({ scope: 'live', description: 'Tasks of a wave that are worked on at the same time' }),
};

const agentOfRole = z.string().min(1).optional();

/** `[roles]`: which agent does what for a plan; one that is not named is the agent of a run that names none. */
export const rolesConfig = z.strictObject({
  planner: agentOfRole.meta({ scope: 'live', description: 'Writes a plan' }),
  architect: agentOfRole.meta({
    scope: 'live',
    description: 'Looks at a plan before its first wave; only where one is named',
  }),
  coder: agentOfRole.meta({ scope: 'live', description: 'Carries out a task' }),
  reviewer: agentOfRole.meta({ scope: 'live', description: 'Judges the whole of what was made' }),
  fixer: agentOfRole.meta({
    scope: 'live',
    description: 'Mends what a review or a verification found, and conflicts of tasks',
  }),
  verifier: agentOfRole.meta({ scope: 'live', description: 'Says that it is ready, or not' }),
} satisfies Record<(typeof planRoles)[number], z.ZodType>);

const commandText = z
  .string()
  .refine((text) => text.trim() !== '' && !text.includes('\0'), { error: 'expected a command' });

/** `[verify]`: what the daemon itself runs before each review and verification. */
export const verifyConfig = z.strictObject({
  commands: z.array(commandText).default([]).meta({
    scope: 'live',
    description:
      'Commands, each by a shell in a worktree of the plan’s branch, whose exit codes and last words reviewer and verifier are given',
  }),
});
