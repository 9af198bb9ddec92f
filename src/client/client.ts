import type { IncomingHttpHeaders } from 'node:http';
import { AppError, type Event, type RouteId } from '../contract/index.ts';
import type { Endpoint } from './locate.ts';
import { readText, request } from './request.ts';
import {
  type Answer,
  type BodyOf,
  type JsonRouteId,
  type ParamsOf,
  pathOf,
  type QueryOf,
  routeTable,
  type StreamRouteId,
  type TextRouteId,
} from './route-table.ts';
import { type StreamOptions, streamEvents } from './stream.ts';

/** What a call says besides the route. */
export type CallOptions<Id extends RouteId> = {
  readonly params?: ParamsOf<Id>;
  readonly query?: QueryOf<Id>;
  readonly body?: BodyOf<Id>;
  /** For POSTs that start something: the same key gives the same answer. */
  readonly idempotencyKey?: string;
  /** The whole request ends by then; 30 s unless told. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
};

/** A daemon to talk to. */
export type Client = {
  readonly endpoint: Endpoint;
  /** One request, one answer. Throws AppError with the code and hint of the problem document. */
  readonly call: <Id extends JsonRouteId | TextRouteId>(
    id: Id,
    options?: CallOptions<Id>,
  ) => Promise<Answer<Id>>;
  /** The bytes of a text route as they come, and the headers they came with. */
  readonly bytes: <Id extends TextRouteId>(
    id: Id,
    options?: CallOptions<Id>,
  ) => Promise<AsyncIterable<Buffer> & { readonly headers: IncomingHttpHeaders }>;
  /** Events in order, each once, across reconnects; ends when the daemon ends the stream. */
  readonly stream: <Id extends StreamRouteId>(
    id: Id,
    options?: Pick<CallOptions<Id>, 'params'> & StreamOptions,
  ) => AsyncIterable<Event>;
};

/** How long a request may take unless its caller says otherwise. */
export const defaultDeadlineMs = 30_000;

/** Makes a client of one endpoint. It holds no connection between calls. */
export function createClient(endpoint: Endpoint): Client {
  const send = <Id extends RouteId>(id: Id, options: CallOptions<Id> = {}) =>
    request(endpoint, {
      method: routeTable[id].method,
      path: pathOf(id, options.params, options.query),
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      headers: options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey },
      deadlineMs: options.deadlineMs ?? defaultDeadlineMs,
      signal: options.signal,
    });
  return {
    endpoint,
    call: async <Id extends JsonRouteId | TextRouteId>(id: Id, options?: CallOptions<Id>) => {
      const response = await send(id, options);
      const text = await readText(response);
      const isJson = /^application\/json\b/.test(response.headers['content-type'] ?? '');
      return (isJson ? parseAnswer(text, routeTable[id].path) : text) as Answer<Id>;
    },
    bytes: send,
    stream: (id, options = {}) =>
      streamEvents(endpoint, (query) => pathOf(id, options.params, query), options),
  };
}

function parseAnswer(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('internal', `The daemon's answer to ${path} is not JSON`, {
      hint: 'check that the address belongs to a drover daemon',
      cause,
    });
  }
}
