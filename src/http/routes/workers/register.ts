import { type Handler, reply } from '../../route.ts';

/** `POST /v1/workers`: 201 for a new worker, 200 for a heartbeat. */
export const registerWorker: Handler<'workersRegister'> = ({ services, body }) => {
  const { worker, isNew } = services.workers.register(body);
  return reply(isNew ? 201 : 200, worker);
};
