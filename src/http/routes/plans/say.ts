import type { Handler } from '../../route.ts';
import { assertMaySay } from './speaker.ts';

/** `POST /v1/repos/{repo}/plans/{plan}/events` */
export const sayOfPlan: Handler<'plansSay'> = ({ services, params, body, caller, idempotency }) => {
  assertMaySay(caller, body.event);
  return services.plans.say(params.repo, params.plan, body, { runId: caller.runId, idempotency });
};
