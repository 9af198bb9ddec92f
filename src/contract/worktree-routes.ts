import * as requests from './requests.ts';
import * as resources from './resources.ts';
import type { RouteSpec } from './route-spec.ts';

/** The routes of worktrees, a part of `routes`. */
export const worktreeRoutes = {
  worktreesList: {
    id: 'worktreesList',
    method: 'GET',
    path: '/v1/worktrees',
    summary: 'The worktrees of runs, and what was saved of removed ones, oldest run first',
    access: 'read',
    query: requests.listWorktreesQuery,
    status: 200,
    response: resources.page(resources.worktree),
    errors: ['repo_not_found', 'ambiguous_id'],
  },
  worktreesPrune: {
    id: 'worktreesPrune',
    method: 'POST',
    path: '/v1/worktrees/prune',
    summary:
      'Remove worktrees that are named, or that hold nothing the checkout or the branch of their plan lacks; work is saved first',
    access: 'write',
    body: requests.pruneWorktrees,
    status: 200,
    response: resources.pruneResult,
    errors: ['repo_not_found', 'run_not_found', 'worktree_not_found', 'ambiguous_id', 'draining'],
  },
  worktreesRestore: {
    id: 'worktreesRestore',
    method: 'POST',
    path: '/v1/worktrees/{run}/restore',
    summary: 'Make the removed worktree of a run again, with its saved work as uncommitted files',
    access: 'write',
    status: 200,
    response: resources.worktree,
    errors: [
      'run_not_found',
      'repo_not_found',
      'ambiguous_id',
      'worktree_exists',
      'worktree_not_found',
      'repo_unusable',
      'git_failed',
      'draining',
    ],
  },
} as const satisfies Record<string, RouteSpec>;
