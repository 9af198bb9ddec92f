import type { Handler } from '../../route.ts';

/** `POST /v1/repos/{repo}/plans` */
export const createPlan: Handler<'plansCreate'> = ({ services, params, body, idempotency }) =>
  services.plans.create(params.repo, body, idempotency);
