/**
 * repos: the repositories that a person handed to drover, and the work trees that runs get from them. It owns finding,
 * naming, trusting and diffing them, promises that nothing of a repository runs before it is trusted and that no work
 * is removed before it is saved (ignored files are none), and must not know how runs are driven.
 */

export type { Applied } from './apply/apply.ts';
export type { WorktreeContext, WorktreeRepo } from './checkout.ts';
export {
  type OwnConfig,
  type OwnSettings,
  ownConfigPath,
  readOwnConfig,
  readOwnSettings,
} from './own-config.ts';
export type { JoinedPlan } from './plan-branch.ts';
export { branchName } from './project-name.ts';
export { createRepos, type RegisteredRepo, type Repos, type ReposDeps } from './registry.ts';
export { type ResolvedRepo, resolveRepo } from './resolve.ts';
export type { CreatedWorktree, NewWorktree } from './worktree-create.ts';
export { type Diff, maxDiffBytes } from './worktree-diff.ts';
export type { WorktreeLook } from './worktree-look.ts';
export type { Preparation } from './worktree-prepare.ts';
export type { Restored } from './worktree-restore.ts';
export type { Removal } from './worktree-save.ts';
export { createWorktrees, type MainCheckout, type Worktrees } from './worktrees.ts';
