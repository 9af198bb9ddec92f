import type { Handler } from '../../route.ts';

/** `GET /v1/runs`; both spellings of canceled will do. */
export const listRuns: Handler<'runsList'> = ({ services, query }) =>
  services.runs.list({
    ...query,
    status: query.status === 'cancelled' ? 'canceled' : query.status,
    cursor: query.cursor,
  });
