import type { Handler } from '../../route.ts';
import { textResponse } from '../../route.ts';

/** `GET /v1/runs/{run}/logs` */
export const runLogs: Handler<'runsLogs'> = async ({ services, params, query }) =>
  textResponse(await services.runs.logs(params.run, { type: query.type, tail: query.tail }));
