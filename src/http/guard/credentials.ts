import { AppError } from '../../contract/index.ts';
import type { Caller } from '../services.ts';
import { headerValues, type RequestHead } from './request-head.ts';
import { isForRuns } from './run-paths.ts';

const bearer = /^Bearer +([A-Za-z0-9\-._~+/]{1,512}=*)$/i;

/** The token of the request, or null when it carries none. Throws `unauthorized` for anything that is not one Bearer token. */
export function bearerToken(head: RequestHead): string | null {
  const values = headerValues(head, 'authorization');
  if (values.length === 0) return null;
  const match = values.length === 1 ? bearer.exec(values[0] ?? '') : null;
  if (match?.[1] === undefined) throw unauthorized('The Authorization header is not one Bearer token');
  return match[1];
}

/**
 * Refuses what the caller's rights do not cover: everything but GET and HEAD is a write, and the token of a run writes
 * where the contract lets it.
 */
export function checkRights(
  { method, path }: { readonly method: string; readonly path: string },
  caller: Pick<Caller, 'may' | 'runId'>,
): void {
  if (method === 'GET' || method === 'HEAD' || caller.may === 'write') return;
  if (caller.runId !== null && isForRuns(method, path)) return;
  const whose = caller.runId === null ? 'A read-only token' : 'The token of a run';
  throw new AppError('forbidden', `${whose} may not ${method}`, { hint: 'use the admin token' });
}

/** The one answer to a missing or wrong token. */
export function unauthorized(message: string): AppError {
  return new AppError('unauthorized', message, { hint: 'send the header Authorization: Bearer TOKEN' });
}
