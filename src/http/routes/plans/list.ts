import type { Handler } from '../../route.ts';

/** `GET /v1/repos/{repo}/plans`; both spellings of cancelled will do. */
export const listPlans: Handler<'plansList'> = ({ services, params, query }) =>
  services.plans.list(params.repo, {
    limit: query.limit,
    cursor: query.cursor,
    status: query.status === 'canceled' ? 'cancelled' : query.status,
  });
