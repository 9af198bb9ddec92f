import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Paths } from '../base/index.ts';
import { AppError } from '../contract/index.ts';
import { agentEnvironment, trustVariables } from '../domain/agents/index.ts';
import type { Repos, Worktrees } from '../domain/repos/index.ts';
import type { WorkPort } from '../domain/runs/index.ts';
import type { RunRow } from '../foundation/store/index.ts';

export type WorkPortOptions = {
  readonly repos: Repos;
  readonly worktrees: Worktrees;
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly user: { readonly username: string; readonly homedir: string; readonly shell: string | null };
};

/** Gives runs a place to work: a worktree, the checkout itself, or a scratch folder of their own. */
export function createWorkPort({ repos, worktrees, paths, env, user }: WorkPortOptions): WorkPort {
  return {
    prepare: async (run, owner) => {
      if (run.repoId === null) {
        const cwd = join(paths.stateRoot, 'scratch', owner.id);
        await mkdir(cwd, { recursive: true, mode: 0o700 });
        return { cwd, isTrusted: true, branch: null, baseCommit: null, uncommittedFiles: 0 };
      }
      const repo = await repos.find(run.repoId);
      const isTrusted = repo.trusted;
      if (run.inPlace) {
        const main = await worktrees.describeMain(repo);
        const { path: cwd, branch, baseCommit } = main;
        return { cwd, isTrusted, branch, baseCommit: owner.baseCommit ?? baseCommit, uncommittedFiles: 0 };
      }
      const base = owner.base === null ? {} : { base: owner.base };
      const wanted = { repo, runId: owner.id, label: owner.label ?? owner.prompt, ...base };
      // Made anew, the place of an earlier run would lack what was not committed in it.
      const isInUse = owner.key !== run.key && owner.worktree !== null;
      const made = isInUse ? await worktrees.find(wanted) : await worktrees.create(wanted);
      if (made === null) throw placeGone(owner);
      const isNew = owner.key === run.key;
      const { notices, setUp } = await worktrees.prepare({ repo, runId: owner.id, isNew });
      return {
        cwd: made.path,
        isTrusted,
        branch: owner.branch ?? made.branch,
        baseCommit: owner.baseCommit ?? made.baseCommit,
        uncommittedFiles: made.dirtyFiles,
        notices,
        ...(setUp === null ? {} : { setUp }),
      };
    },
    environment: (run, { token, isTrusted, ports }) =>
      agentEnvironment({
        daemonEnv: env,
        user,
        agentEnv: { ...trustVariables(run.argv, isTrusted), ...run.agentEnv },
        runId: run.id,
        runToken: token,
        ports,
        profile: paths.profile,
        socket: paths.socket,
        stateRoot: paths.stateRoot,
      }),
  };
}

function placeGone({ id, worktree, branch }: RunRow): AppError {
  const what = `The worktree of ${id}, where its session goes on, is gone: ${worktree}`;
  return new AppError('repo_unusable', `${what}; what was committed there is on the branch ${branch}`, {
    hint: `make it again with \`drover worktrees restore ${id}\`, or start a run with --base ${branch}`,
  });
}
