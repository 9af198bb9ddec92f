import type { Handler } from '../../route.ts';
import { textResponse } from '../../route.ts';

/** `GET /v1/runs/{run}/diff` */
export const runDiff: Handler<'runsDiff'> = async ({ services, params }) =>
  textResponse(await services.runs.diff(params.run));
