import type { Handler } from '../../route.ts';

/** `GET /v1/repos` */
export const listRepos: Handler<'reposList'> = ({ services, query }) =>
  services.repos.list({ limit: query.limit, cursor: query.cursor, path: query.path });
