import { type Handler, reply } from '../../route.ts';

/** `DELETE /v1/runs/{run}`: 200 when the process tree is gone, 202 when that takes longer. */
export const cancelRun: Handler<'runsCancel'> = async ({ services, params, caller }) => {
  const status = await services.runs.cancel(params.run, caller.name);
  return reply(status === 'canceled' ? 200 : 202, { status });
};
