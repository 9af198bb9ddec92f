import type { Handler } from '../../route.ts';

/** `GET /v1/worktrees` */
export const listWorktrees: Handler<'worktreesList'> = ({ services, query }) =>
  services.worktrees.list({ repo: query.repo });
