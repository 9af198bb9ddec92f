import type { IncomingMessage, ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type {
  AliasRoute,
  Plan,
  Repo,
  RouteId,
  RouteSpec,
  Run,
  SentInput,
  Signal,
} from '../contract/index.ts';
import { bodyOfAlias, queryOfAlias, shapeAnswer } from './alias.ts';
import { logEnvelope } from './alias-log.ts';
import { parseJson, readBody } from './body.ts';
import { once } from './idempotency.ts';
import type { Admission } from './listen/index.ts';
import type { RequestMeter } from './meter.ts';
import { type Call, statusAndValue } from './route.ts';
import type { Services } from './services.ts';
import type { StreamHub } from './sse/index.ts';
import { parseQuery, validate } from './validate.ts';

/** What every route needs besides the request. */
export type DispatchOptions = {
  readonly services: Services;
  readonly hub: StreamHub;
  readonly takeStream: (incoming: IncomingMessage) => void;
  readonly maxBodyBytes: number;
  /** Told which route answers a request. */
  readonly routed: RequestMeter['route'];
};

/** A request that the router has matched. */
export type Matched = {
  readonly route: RouteSpec;
  readonly alias: AliasRoute | null;
  readonly handler: (call: Call<RouteId>) => unknown;
  readonly params: Record<string, string>;
  readonly path: string;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly admission: Admission;
};

const jsonHeaders = { 'content-type': 'application/json' };

/**
 * Validates by the route's schemas, calls its handler, and answers in the route's or the alias's shape. A read that its
 * handler answers at once is answered at once: each turn of the loop that a promise takes costs as much as the rest.
 */
export function dispatch(matched: Matched, options: DispatchOptions): Response | Promise<Response> {
  options.routed(matched.incoming, matched.route);
  const { method } = matched.alias ?? matched.route;
  return method === 'GET' ? read(matched, options) : write(matched, options);
}

function read(matched: Matched, options: DispatchOptions): Response | Promise<Response> {
  const query = queryOf(matched);
  const call = { ...callOf(matched, options), query, body: undefined, idempotency: null };
  const answer = matched.handler(call as Call<RouteId>);
  return answer instanceof Promise
    ? answer.then((later) => answerWith(matched, later))
    : answerWith(matched, answer);
}

async function write(matched: Matched, options: DispatchOptions): Promise<Response> {
  const { route, alias, incoming } = matched;
  const raw = await readBody(incoming, options.maxBodyBytes);
  const json = parseJson(raw);
  const query = queryOf(matched);
  const body = route.body && validate(route.body, alias === null ? json : bodyOfAlias(alias, json), 'body');
  const call = async (idempotency: Call<RouteId>['idempotency']) =>
    matched.handler({ ...callOf(matched, options), query, body, idempotency } as Call<RouteId>);
  if (route.idempotent !== true) return answerWith(matched, await call(null));
  const stored = (value: unknown, status: number) => ({ status, body: serialise(value, matched) });
  const request = {
    key: incoming.headers['idempotency-key'],
    method: route.method,
    path: matched.path,
    body: raw,
  };
  const answer = await once(options.services.idempotency, request, {
    answer: (resource: Run | Repo | SentInput | Plan | Signal) => stored(resource, route.status),
    effect: async (effect) => {
      const { status, value } = statusAndValue(await call(effect), route.status);
      return stored(value, status);
    },
  });
  const headers = answer.isReplay ? { ...jsonHeaders, 'idempotency-replayed': 'true' } : jsonHeaders;
  return new Response(answer.body, { status: answer.status, headers });
}

function queryOf(matched: Matched): unknown {
  const { route, alias } = matched;
  if (route.query === undefined) return undefined;
  const asked = askedQuery(matched);
  return validate(route.query, alias === null ? asked : queryOfAlias(alias, asked), 'query');
}

function askedQuery({ incoming }: Matched): Readonly<Record<string, string>> {
  return parseQuery(incoming.url ?? '');
}

function answerWith(matched: Matched, answer: unknown): Response | Promise<Response> {
  const { route, alias } = matched;
  if (answer === RESPONSE_ALREADY_SENT) return RESPONSE_ALREADY_SENT;
  if (answer instanceof Response) {
    if (alias?.shape !== 'log') return answer;
    return logEnvelope(answer, String(queryOfAlias(alias, askedQuery(matched)).type));
  }
  const { status, value } = statusAndValue(answer, route.status);
  return new Response(serialise(value, matched), { status, headers: jsonHeaders });
}

function callOf(matched: Matched, options: DispatchOptions) {
  const { incoming, outgoing, admission, params } = matched;
  const stream = {
    hub: options.hub,
    incoming,
    outgoing,
    isStillValid: admission.isStillValid,
    take: () => options.takeStream(incoming),
  };
  return { services: options.services, caller: admission.caller, params, stream };
}

function serialise(value: unknown, matched: Matched): string {
  const { alias } = matched;
  const shaped = alias === null ? value : shapeAnswer(alias.shape, value, askedQuery(matched));
  return `${JSON.stringify(shaped)}\n`;
}
