import type { Handler } from '../../route.ts';

/** `GET /v1/workers/{worker}` */
export const showWorker: Handler<'workersShow'> = ({ services, params }) =>
  services.workers.show(params.worker);
