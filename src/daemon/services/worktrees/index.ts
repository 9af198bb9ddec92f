import type { Services } from '../../../http/index.ts';
import type { WorktreesDeps } from './find.ts';
import { listWorktrees } from './list.ts';
import { pruneWorktrees } from './prune.ts';
import { restoreWorktree } from './restore.ts';

/** What the routes of worktrees call; `assertReady` throws while nobody may change anything. */
export function createWorktreeServices(deps: WorktreesDeps, assertReady: () => void): Services['worktrees'] {
  return {
    list: (options) => listWorktrees(deps, options),
    prune: async (body) => {
      assertReady();
      return pruneWorktrees(deps, body);
    },
    restore: async (ref) => {
      assertReady();
      return restoreWorktree(deps, ref);
    },
  };
}
