import type { Handler } from '../../route.ts';

/** `POST /v1/repos/{repo}/signals/{signal}/retry` */
export const retrySignal: Handler<'signalsRetry'> = ({ services, params, idempotency }) =>
  services.plans.retrySignal(params.repo, params.signal, idempotency);
