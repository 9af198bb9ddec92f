import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Paths } from '../base/index.ts';
import { agentEnvironment } from '../domain/agents/index.ts';
import type { Repos, Worktrees } from '../domain/repos/index.ts';
import type { WorkPort } from '../domain/runs/index.ts';

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
    prepare: async (run) => {
      if (run.repoId === null) {
        const cwd = join(paths.stateRoot, 'scratch', run.id);
        await mkdir(cwd, { recursive: true, mode: 0o700 });
        return { cwd, isTrusted: true, branch: null, baseCommit: null, uncommittedFiles: 0 };
      }
      const repo = await repos.find(run.repoId);
      const isTrusted = repo.trusted;
      if (run.inPlace) {
        const main = await worktrees.describeMain(repo);
        const { path: cwd, branch, baseCommit } = main;
        return { cwd, isTrusted, branch, baseCommit, uncommittedFiles: 0 };
      }
      const base = run.base === null ? {} : { base: run.base };
      const made = await worktrees.create({ repo, runId: run.id, label: run.label ?? run.prompt, ...base });
      return {
        cwd: made.path,
        isTrusted,
        branch: made.branch,
        baseCommit: run.baseCommit ?? made.baseCommit,
        uncommittedFiles: made.dirtyFiles,
      };
    },
    environment: (run, token) =>
      agentEnvironment({
        daemonEnv: env,
        user,
        agentEnv: run.agentEnv,
        runId: run.id,
        runToken: token,
        profile: paths.profile,
        socket: paths.socket,
        stateRoot: paths.stateRoot,
      }),
  };
}
