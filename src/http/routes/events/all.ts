import type { Handler } from '../../route.ts';
import { answerEvents } from './answer.ts';

/** `GET /v1/events` */
export const events: Handler<'events'> = ({ services, query, stream }) =>
  answerEvents({ services, query, stream, runId: null });
