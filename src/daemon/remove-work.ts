import { rmdir } from 'node:fs/promises';
import { isAppError } from '../contract/index.ts';
import type { Repos, Worktrees } from '../domain/repos/index.ts';
import type { RetainDeps } from '../domain/runs/index.ts';

export type RemoveWorkOptions = {
  readonly repos: Pick<Repos, 'find'>;
  readonly worktrees: Pick<Worktrees, 'saveAndRemove'>;
};

/**
 * Gives up the place of an old run without losing work: a worktree is saved as a reference and removed, a scratch
 * folder goes when it is empty, the user's own checkout and the place of another run are left alone. A worktree of a repository that is not registered
 * any more cannot be saved: it stays.
 */
export function createRemoveWork({ repos, worktrees }: RemoveWorkOptions): RetainDeps['removeWork'] {
  return async (run) => {
    if (run.worktree === null || run.inPlace || run.placeOf !== null) return nothing;
    if (run.repoId === null) return removeScratch(run.worktree);
    const left = (reason: string) => ({ kind: 'left', path: run.worktree ?? '', reason }) as const;
    const repo = await repos.find(run.repoId).catch((error: unknown) => {
      if (isAppError(error, 'repo_not_found')) return null;
      throw error;
    });
    if (repo === null) return left(`its repository, ${run.project}, is not registered any more`);
    const removal = await worktrees.saveAndRemove({ repo, runId: run.id });
    const { wasThere, saved } = removal;
    if (removal.removed) return { kind: 'removed', wasThere, saved };
    return { kind: 'kept', reason: removal.reason ?? 'its worktree cannot be removed' };
  };
}

const nothing = { kind: 'removed', wasThere: false, saved: null } as const;

async function removeScratch(path: string) {
  try {
    await rmdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST')
      return { kind: 'left', path, reason: 'its scratch folder is not empty' } as const;
    if (code !== 'ENOENT') throw error;
  }
  return nothing;
}
