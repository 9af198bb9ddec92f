import * as z from 'zod';

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

/**
 * `.drover/config.toml` of a repository, whole: the schema knows exactly the keys that work. They count only while a
 * person trusts the file as it stands.
 */
export const repoConfig = z.strictObject({
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
