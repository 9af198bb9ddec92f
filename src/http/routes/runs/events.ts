import type { Handler } from '../../route.ts';
import { answerEvents } from '../events/answer.ts';

/** `GET /v1/runs/{run}/events` */
export const runEvents: Handler<'runsEvents'> = async ({ services, params, query, stream }) => {
  const { id } = await services.runs.show(params.run);
  return answerEvents({ services, query, stream, runId: id });
};
