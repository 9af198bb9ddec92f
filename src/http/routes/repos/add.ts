import type { Handler } from '../../route.ts';

/** `POST /v1/repos` */
export const addRepo: Handler<'reposAdd'> = ({ services, body, idempotency }) =>
  services.repos.add(body, idempotency);
