import { AppError } from '../../contract/index.ts';
import type { HttpConfig } from '../services.ts';
import { checkBodyHead } from './body-head.ts';
import { bearerToken, unauthorized } from './credentials.ts';
import { type BoundAddress, isLoopbackHost, isServedHost, singleHost } from './host.ts';
import { checkOrigin } from './origin.ts';
import type { RequestHead } from './request-head.ts';
import { checkTarget } from './target.ts';

/** More headers than any client sends. */
export const maxHeaders = 100;

/** The paths that answer without a token. */
export const openPaths: readonly string[] = ['/healthz', '/readyz'];

/** What the guard says of a request's head. `token` is still to be checked; `anonymous` is a caller without one. */
export type Verdict =
  | { readonly kind: 'refuse'; readonly error: AppError }
  | { readonly kind: 'token'; readonly path: string; readonly token: string }
  | { readonly kind: 'anonymous'; readonly path: string; readonly may: 'write' | 'nothing' };

export type Rules = HttpConfig & { readonly bound: BoundAddress | null };

/**
 * Judges a request by its head alone, before any route is looked up (contract §5). Order:
 * 1. one valid Host; over TCP it must be ours;
 * 2. nothing that a web page of another site causes;
 * 3. a target with one reading;
 * 4. who: a token, or none where none is needed;
 * 5. a body, if any, that says it is JSON.
 * Secrets are not compared here: a token is only taken out of its header.
 */
export function judge(head: RequestHead, rules: Rules): Verdict {
  try {
    if (head.rawHeaders.length > maxHeaders * 2) {
      throw new AppError('invalid_request', `The request carries more than ${maxHeaders} headers`);
    }
    const host = singleHost(head);
    if (head.transport === 'tcp') checkServed(host, rules);
    checkOrigin(head, ownOrigins(host, head.transport));
    const path = checkTarget(head.url);
    const token = bearerToken(head);
    const verdict = whoIsIt({ head, rules, path, token });
    checkBodyHead(head);
    return verdict;
  } catch (error) {
    if (error instanceof AppError) return { kind: 'refuse', error };
    throw error;
  }
}

function checkServed(host: string, rules: Rules): void {
  if (rules.bound !== null && isServedHost(host, rules.bound, rules.allowedHosts)) return;
  throw new AppError('origin_refused', `The Host '${host}' is not served here`, {
    hint: 'use the address the daemon listens on, or add the name to http.allowed_hosts',
  });
}

/** The origins of pages of our own: only under a Host that no stranger's name server decides about. */
function ownOrigins(host: string, transport: RequestHead['transport']): string[] {
  if (transport === 'socket') return isLoopbackHost(host) ? [`http://${host}`] : [];
  return [`http://${host}`, `https://${host}`];
}

function whoIsIt(request: { head: RequestHead; rules: Rules; path: string; token: string | null }): Verdict {
  const { head, rules, path, token } = request;
  if (token !== null) return { kind: 'token', path, token };
  if (head.transport === 'socket' || rules.authMode === 'none') {
    return { kind: 'anonymous', path, may: 'write' };
  }
  const isProbe = openPaths.includes(path) && (head.method === 'GET' || head.method === 'HEAD');
  if (isProbe) return { kind: 'anonymous', path, may: 'nothing' };
  throw unauthorized('The request carries no token');
}
