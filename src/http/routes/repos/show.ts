import type { Handler } from '../../route.ts';

/** `GET /v1/repos/{repo}` */
export const showRepo: Handler<'reposShow'> = ({ services, params }) => services.repos.show(params.repo);
