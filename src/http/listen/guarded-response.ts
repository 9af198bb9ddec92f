import { type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Caller } from '../services.ts';

/** What every answer carries: nothing of it is for a page, a cache or a frame. No CORS header, ever. */
export const commonHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
} as const;

/** A request that the guard let in. Only the door makes one; the router answers nothing without it. */
export type Admission = { readonly caller: Caller; readonly isStillValid: (() => Promise<boolean>) | null };

/** The answer to one request, with the admission that the door gave. */
export type GuardedResponse = ServerResponse & { admission?: Admission };

const { writeHead } = ServerResponse.prototype;
type HeadArguments = readonly (string | OutgoingHttpHeaders | OutgoingHttpHeader[] | undefined)[];

/** Makes the answer carry the common headers, whoever writes it: all at once, since one by one they cost much more. */
export function guardResponse(outgoing: GuardedResponse): void {
  outgoing.writeHead = writeGuardedHead;
}

function writeGuardedHead(this: GuardedResponse, status: number, ...rest: HeadArguments): GuardedResponse {
  const headers = rest.at(-1);
  if (Array.isArray(headers)) throw new TypeError('Give headers as an object');
  const own = typeof headers === 'object' ? headers : {};
  return writeHead.call(this, status, { ...commonHeaders, ...own });
}
