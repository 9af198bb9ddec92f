import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { AppError } from '../../../contract/index.ts';
import { type StreamAccess, textResponse } from '../../route.ts';
import type { Services } from '../../services.ts';
import { eventPage } from '../../sse/index.ts';

type EventsCall = {
  readonly services: Services;
  readonly query: {
    readonly after?: number | undefined;
    readonly limit: number;
    readonly follow: 'true' | 'false';
  };
  readonly stream: StreamAccess;
  readonly runId: string | null;
};

/** Answers with the journal after a cursor: a stream, or one page where the client accepts JSON and no stream. */
export async function answerEvents({ services, query, stream, runId }: EventsCall): Promise<Response> {
  const { incoming, outgoing } = stream;
  const after = cursorOf(incoming.headers['last-event-id'], query.after);
  if (after > services.journal.lastSeq()) throw cursorUnknown(String(after));
  const accept = incoming.headers.accept ?? '';
  if (accept.includes('application/json') && !accept.includes('text/event-stream')) {
    const pieces = eventPage(services.journal, { after, limit: query.limit, runId });
    return textResponse(ReadableStream.from(pieces).pipeThrough(new TextEncoderStream()), 'application/json');
  }
  if (incoming.method === 'HEAD') return textResponse('', 'text/event-stream; charset=utf-8');
  stream.take();
  await stream.hub.open({
    out: outgoing,
    runId,
    after,
    isFollowing: query.follow === 'true',
    isStillValid: stream.isStillValid,
  });
  return RESPONSE_ALREADY_SENT;
}

/** Last-Event-ID is what a resuming client saw last, so it wins over `after` in the address it began with. */
function cursorOf(lastEventId: string | string[] | undefined, after: number | undefined): number {
  if (lastEventId === undefined || lastEventId === '') return after ?? 0;
  if (typeof lastEventId === 'string' && /^\d{1,15}$/.test(lastEventId)) return Number(lastEventId);
  throw cursorUnknown(String(lastEventId).slice(0, 100));
}

function cursorUnknown(cursor: string): AppError {
  return new AppError('cursor_unknown', `The cursor '${cursor}' was never given by this database`, {
    hint: 'start again without one',
  });
}
