import type { Handler } from '../../route.ts';
import { assertMaySay } from '../plans/speaker.ts';

/** `POST /v1/repos/{repo}/signals` */
export const sendSignal: Handler<'signalsSend'> = ({ services, params, body, caller, idempotency }) => {
  assertMaySay(caller, body.event);
  return services.plans.signal(params.repo, body, { runId: caller.runId, idempotency });
};
