import type { Handler } from '../../route.ts';
import { logResponse } from '../runs/logs.ts';

/** `GET /v1/workers/{worker}/logs` */
export const workerLogs: Handler<'workersLogs'> = async ({ services, params, query }) =>
  logResponse(await services.workers.logs(params.worker, query));
