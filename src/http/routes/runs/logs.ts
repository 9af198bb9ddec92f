import type { Handler } from '../../route.ts';
import { textResponse } from '../../route.ts';
import type { LogAnswer } from '../../services.ts';

/** `GET /v1/runs/{run}/logs` */
export const runLogs: Handler<'runsLogs'> = async ({ services, params, query }) =>
  logResponse(await services.runs.logs(params.run, query));

/** A log as an answer; a header says where a reader goes on. */
export function logResponse({ bytes, next }: LogAnswer): Response {
  const response = textResponse(bytes);
  if (next !== null) response.headers.set(`drover-next-${next.kind}`, String(next.value));
  return response;
}
