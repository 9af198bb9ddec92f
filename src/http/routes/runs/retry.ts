import type { Handler } from '../../route.ts';

/** `POST /v1/runs/{run}/retry` */
export const retryRun: Handler<'runsRetry'> = async ({ services, params, body, idempotency }) => {
  services.assertRoomToStart();
  return services.runs.retry(params.run, body, idempotency);
};
