import * as z from 'zod';
import { planKeys, rolesConfig, verifyConfig } from './plan-config.ts';

/** A path below the repository in which `*` stands for part of a name and `**` for folders. */
const pathPattern = z
  .string()
  .refine(
    (text) =>
      text !== '' &&
      !/^[/:!]/.test(text) &&
      !/[\0\n\\]/.test(text) &&
      text.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part !== '.git'),
    { error: 'expected a path below the repository, such as .env or config/*.local.json' },
  );

const commandText = z
  .string()
  .refine((text) => text.trim() !== '' && !text.includes('\0'), { error: 'expected a command' });

/** The same keys as in `daemon.toml`, where they have their defaults: here one that is left out says nothing. */
const ownPlanKeys = {
  auto_advance: own(planKeys.auto_advance),
  auto_implement: own(planKeys.auto_implement),
  auto_advance_waves: own(planKeys.auto_advance_waves),
  auto_review_fix: own(planKeys.auto_review_fix),
  auto_readiness_review: own(planKeys.auto_readiness_review),
  max_review_fix_cycles: own(planKeys.max_review_fix_cycles),
  readiness_self_fix_max_lines: own(planKeys.readiness_self_fix_max_lines),
  readiness_max_verify_cycles: own(planKeys.readiness_max_verify_cycles),
  readiness_on_exhausted: own(planKeys.readiness_on_exhausted),
  max_parallel_wave_tasks: own(planKeys.max_parallel_wave_tasks),
};

function own<T extends z.ZodType>(key: z.ZodDefault<T>) {
  return key
    .unwrap()
    .optional()
    .meta(key.meta() ?? {});
}

/**
 * `.drover/config.toml` of a repository, whole: the schema knows exactly the keys that work. They count only while a
 * person trusts the file as it stands.
 */
export const repoConfig = z.strictObject({
  ...ownPlanKeys,
  roles: rolesConfig.prefault({}),
  verify: verifyConfig.prefault({}),
  worktree: z
    .strictObject({
      copy: z.array(pathPattern).default([]).meta({
        scope: 'live',
        description:
          'Ignored files of the checkout that a new worktree gets a copy of, such as ".env" or "config/*.local.json"; `*` stands for part of a name, `**` for folders. Nothing that is there is overwritten',
      }),
      setup: z.array(commandText).default([]).meta({
        scope: 'live',
        description:
          'Commands that the first run in a worktree begins with, such as "npm ci", each by a shell in the worktree; when one fails the agent is not started',
      }),
    })
    .prefault({}),
});
export type RepoConfig = z.infer<typeof repoConfig>;
