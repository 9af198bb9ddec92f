import { randomBytes } from 'node:crypto';
import type { Log } from '../base/index.ts';
import { AppError, type ErrorCode, type Problem } from '../contract/index.ts';

/** The media type of every error (RFC 9457). */
export const problemType = 'application/problem+json';

/** An error as bytes: what goes out, and the status it goes out with. */
export type ProblemAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** What the operating system says when it has no room, as the code a client can act on. */
const systemCodes: Readonly<Record<string, ErrorCode>> = {
  EMFILE: 'busy',
  ENFILE: 'busy',
  EAGAIN: 'busy',
  ENOMEM: 'busy',
  ENOSPC: 'storage_failed',
  EDQUOT: 'storage_failed',
  EIO: 'storage_failed',
  EROFS: 'storage_failed',
};

/** Turns whatever was thrown into a problem document. A fault of ours is logged whole and answered with its id alone. */
export function problemOf(error: unknown, log: Log): ProblemAnswer {
  const known = knownError(error);
  if (known !== null) {
    const isNews = known.status >= 500 && known.code !== 'draining'; // whoever watches a start or a stop asks often
    if (isNews) log.warn('request failed', { code: known.code, err: known });
    return problemAnswer(known);
  }
  const errorId = randomBytes(6).toString('hex');
  log.error('request failed', { error_id: errorId, err: error });
  return problemAnswer(
    new AppError('internal', 'The request failed by a fault of drover', {
      hint: `look for ${errorId} in the daemon's log`,
      fields: { error_id: errorId },
    }),
  );
}

/** The problem document of an AppError. `status` overrides the code's own where HTTP has a closer one. */
export function problemAnswer(error: AppError, status: number = error.status): ProblemAnswer {
  const problem: Problem = {
    type: `urn:drover:problem:${error.code}`,
    title: titleOf(error.code),
    status,
    code: error.code,
    detail: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...error.fields,
  };
  return { status, headers: headersFor(error), body: `${JSON.stringify(problem)}\n` };
}

/** The same as a Response of the router. */
export function problemResponse(error: unknown, log: Log): Response {
  const { status, headers, body } = problemOf(error, log);
  return new Response(body, { status, headers });
}

/** The same as raw bytes that end the connection, for what never becomes a request. */
export function problemBytes(answer: ProblemAnswer, reason: string): string {
  const headers = {
    ...answer.headers,
    'content-length': Buffer.byteLength(answer.body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 ${answer.status} ${reason}\r\n${lines.join('\r\n')}\r\n\r\n${answer.body}`;
}

function knownError(error: unknown): AppError | null {
  if (error instanceof AppError) return error.code === 'internal' ? null : error;
  const systemCode = error instanceof Error && 'code' in error ? systemCodes[String(error.code)] : undefined;
  if (systemCode === undefined) return null;
  const message =
    systemCode === 'busy' ? 'The machine has no room for this right now' : 'Writing to disk failed';
  return new AppError(systemCode, message, { hint: 'try again', cause: error });
}

function headersFor(error: AppError): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': problemType };
  if (error.code === 'unauthorized') headers['www-authenticate'] = 'Bearer';
  if (error.status === 503) headers['retry-after'] = '1';
  if (error.code === 'method_not_allowed') headers.allow = String(error.fields.allow ?? '');
  return headers;
}

function titleOf(code: ErrorCode): string {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
