import { type Handler, reply } from '../../route.ts';

/** `DELETE /v1/workers/{worker}`: 202 when the end of a run's processes takes longer. */
export const removeWorker: Handler<'workersRemove'> = async ({ services, params, caller }) => {
  const removed = await services.workers.remove(params.worker, caller.name);
  return reply(removed.status === 'canceling' ? 202 : 200, removed);
};
