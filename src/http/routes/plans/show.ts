import type { Handler } from '../../route.ts';

/** `GET /v1/repos/{repo}/plans/{plan}` */
export const showPlan: Handler<'plansShow'> = ({ services, params }) =>
  services.plans.show(params.repo, params.plan);
