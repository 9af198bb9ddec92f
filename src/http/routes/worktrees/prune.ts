import type { Handler } from '../../route.ts';

/** `POST /v1/worktrees/prune` */
export const pruneWorktrees: Handler<'worktreesPrune'> = ({ services, body }) =>
  services.worktrees.prune(body);
