import type { Handler } from '../../route.ts';

/** `POST /v1/worktrees/{run}/restore` */
export const restoreWorktree: Handler<'worktreesRestore'> = ({ services, params }) =>
  services.worktrees.restore(params.run);
