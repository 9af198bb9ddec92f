import type { Handler } from '../../route.ts';

/** `PATCH /v1/repos/{repo}/plans/{plan}` */
export const updatePlan: Handler<'plansUpdate'> = ({ services, params, body }) =>
  services.plans.update(params.repo, params.plan, body);
