import type { Handler } from '../../route.ts';

/** `GET /v1/workers` */
export const listWorkers: Handler<'workersList'> = ({ services, query }) => services.workers.list(query);
