import type * as z from 'zod';
import type { ErrorCode } from './error-code.ts';

/**
 * Who may call a route. `open`: no token, also over TCP. `read`: any valid token. `write`: not a read-only token and
 * not a run's own token. `run`: as `write`, and a run's own token too, for what that run may say. Over the socket a
 * caller without a token is admin.
 */
export type Access = 'open' | 'read' | 'write' | 'run';

/** True for a route that changes something: its method is none that only reads, and a read-only token is refused. */
export function isWrite(access: Access): boolean {
  return access === 'write' || access === 'run';
}

/** A route of the public surface: the one source of validation, types, OpenAPI, the typed client and the guard matrix. */
export type RouteSpec = {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly status: number;
  /** A schema for JSON, or the media type of anything else. */
  readonly response: z.ZodType | 'text/plain' | 'text/event-stream';
  /** POSTs that start something honour Idempotency-Key (contract §10.11). */
  readonly idempotent?: true;
  readonly errors: readonly ErrorCode[];
};
