import type { Handler } from '../../route.ts';

/** `GET /v1/repos/{repo}/signals` */
export const listSignals: Handler<'signalsList'> = ({ services, params, query }) =>
  services.plans.signals(params.repo, {
    limit: query.limit,
    cursor: query.cursor,
    plan: query.plan,
    status: query.status,
  });
