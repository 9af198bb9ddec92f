import type { Handler } from '../../route.ts';

/** `PATCH /v1/repos/{repo}` */
export const updateRepo: Handler<'reposUpdate'> = ({ services, params, body }) =>
  services.repos.update(params.repo, body);
