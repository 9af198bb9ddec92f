import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { RouteId, Routes } from '../contract/index.ts';
import type { Caller, IdempotencyWrite, Services } from './services.ts';
import type { StreamHub } from './sse/index.ts';

type ParamNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamNames<Rest>
  : never;
type Parsed<Id extends RouteId, Key extends 'query' | 'body'> = Routes[Id] extends {
  [K in Key]: infer Schema;
}
  ? Schema extends z.ZodType
    ? z.infer<Schema>
    : undefined
  : undefined;
type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;
type ResponseOf<Id extends RouteId> = Routes[Id]['response'] extends z.ZodType
  ? Frozen<z.infer<Routes[Id]['response']>>
  : never;

/** One call of a route: everything checked, nothing raw. */
export type Call<Id extends RouteId> = {
  readonly services: Services;
  readonly caller: Caller;
  readonly params: Readonly<Record<ParamNames<Routes[Id]['path']>, string>>;
  readonly query: Parsed<Id, 'query'>;
  readonly body: Parsed<Id, 'body'>;
  /** Handed to the service of an idempotent route, which stores the answer with the effect. */
  readonly idempotency: IdempotencyWrite | null;
  readonly stream: StreamAccess;
};

/** What only the event streams need: the connection itself. */
export type StreamAccess = {
  readonly hub: StreamHub;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly isStillValid: (() => Promise<boolean>) | null;
  /** Takes one of the places for streams. Throws `busy`. */
  readonly take: () => void;
};

const isReply = Symbol('reply');

/** An answer with another status than the route's own. */
export type Reply<T> = { readonly [isReply]: true; readonly status: number; readonly value: T };

/** Makes an answer with another status than the route's own. */
export function reply<T>(status: number, value: T): Reply<T> {
  return { [isReply]: true, status, value };
}

/** The status and value of what a handler returned. */
export function statusAndValue(answer: unknown, status: number): { status: number; value: unknown } {
  const isOne = typeof answer === 'object' && answer !== null && isReply in answer;
  return isOne ? (answer as Reply<unknown>) : { status, value: answer };
}

type Answer<Id extends RouteId> = ResponseOf<Id> | Reply<ResponseOf<Id>> | Response;

/** Does the work of one route: call a service, answer. Throws AppError; never writes an error itself. */
export type Handler<Id extends RouteId> = (call: Call<Id>) => Answer<Id> | Promise<Answer<Id>>;

/** Text as an answer. */
export function textResponse(
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  type = 'text/plain; charset=utf-8',
) {
  return new Response(body, { headers: { 'content-type': type } });
}
