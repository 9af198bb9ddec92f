import type { Handler } from '../../route.ts';
import { textResponse } from '../../route.ts';

/** `GET /v1/runs/{run}/logs` */
export const runLogs: Handler<'runsLogs'> = async ({ services, params, query }) => {
  const { bytes, next } = await services.runs.logs(params.run, query);
  const response = textResponse(bytes);
  response.headers.set(`drover-next-${next.kind}`, String(next.value));
  return response;
};
