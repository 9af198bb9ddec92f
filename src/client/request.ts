import { request as httpRequest, type IncomingMessage } from 'node:http';
import { AppError, type ErrorCode, errorCodes } from '../contract/index.ts';
import type { Endpoint } from './locate.ts';

/** One request, ready to be sent. */
export type RequestOptions = {
  readonly method: string;
  readonly path: string;
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  /** Only the wait for the answer's head has the deadline: its body may go on for ever. */
  readonly isEndless?: boolean;
  readonly signal?: AbortSignal | undefined;
};

/** The largest answer that is read whole. */
export const maxAnswerBytes = 256 * 2 ** 20;

/**
 * Sends a request and resolves with the head of a good answer, its body still to be read. Rejects with an AppError:
 * `daemon_not_running` when nobody listens, `timeout` at the deadline, else the code of the problem document. A GET whose
 * connection was cut before an answer is sent once more (RFC 9110, 9.2.2): a daemon in its last moment may cut it.
 */
export async function request(endpoint: Endpoint, options: RequestOptions): Promise<IncomingMessage> {
  try {
    return await send(endpoint, options);
  } catch (error) {
    if (options.method !== 'GET' || !wasCut(error)) throw error;
    return send(endpoint, options);
  }
}

function wasCut(error: unknown): boolean {
  return (
    error instanceof AppError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET'
  );
}

function send(endpoint: Endpoint, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      ...(endpoint.kind === 'socket'
        ? { socketPath: endpoint.path, headers: headersOf(endpoint, options, 'localhost') }
        : {
            host: endpoint.host,
            port: endpoint.port,
            headers: headersOf(endpoint, options, hostHeader(endpoint)),
          }),
      method: options.method,
      path: options.path,
      agent: false,
      signal: options.signal,
    });
    const timer = setTimeout(() => {
      sent.destroy(
        new AppError(
          'timeout',
          `No answer to ${options.method} ${options.path} in ${options.deadlineMs / 1000} s`,
          {
            hint: 'try again, or look at the daemon’s log: drover logs',
          },
        ),
      );
    }, options.deadlineMs);
    const stopTimer = () => clearTimeout(timer);
    sent.once('error', (error) => {
      stopTimer();
      reject(toAppError(endpoint, error));
    });
    sent.once('close', stopTimer);
    sent.once('response', (response) => {
      if (options.isEndless) stopTimer();
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return resolve(response);
      readText(response).then((text) => reject(problemOf(status, text)), reject);
    });
    sent.end(options.body);
  });
}

/** The body of an answer as text. Rejects with an AppError when it is cut or too large. */
export async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxAnswerBytes)
        throw new AppError('internal', `The answer is larger than ${maxAnswerBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('busy', 'The daemon cut the connection in the middle of an answer', {
      hint: 'try again',
      cause: error,
    });
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The code that stands for one which only a newer daemon knows: the exit code is the right one at least. */
const codeForStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  409: 'conflict',
  422: 'invalid_request',
  503: 'busy',
  504: 'timeout',
};

/** The AppError that a problem document describes; an answer that is none becomes `internal` with its status. */
export function problemOf(status: number, text: string): AppError {
  try {
    const { type, title, status: _status, code, detail, hint, ...fields } = JSON.parse(text);
    if (typeof code === 'string' && Object.hasOwn(errorCodes, code)) {
      return new AppError(code as ErrorCode, String(detail ?? title), {
        fields,
        ...(typeof hint === 'string' ? { hint } : {}),
      });
    }
    if (typeof code === 'string' && typeof detail === 'string') {
      return new AppError(codeForStatus[status] ?? 'internal', detail, {
        fields: { ...fields, daemon_code: code },
        ...(typeof hint === 'string' ? { hint } : {}),
      });
    }
  } catch {
    // not JSON: some other program answers here, said below
  }
  return new AppError('internal', `The daemon answered with status ${status} and no problem document`, {
    hint: 'check that the address belongs to a drover daemon',
  });
}

/** Turns what the socket says into an AppError. */
export function toAppError(endpoint: Endpoint, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const where = endpoint.kind === 'socket' ? endpoint.path : hostHeader(endpoint);
  if (['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR'].includes(code)) {
    return new AppError('daemon_not_running', 'daemon not running', {
      hint: `start it with: drover daemon start (nobody listens on ${where})`,
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new AppError('forbidden', `Not allowed to connect to ${where}`, {
      hint: 'the socket belongs to another user',
      cause: error,
    });
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new AppError('daemon_not_running', `The host of ${where} cannot be found`, { cause: error });
  }
  return new AppError('busy', `The connection to ${where} failed (${code || String(error)})`, {
    hint: 'try again',
    cause: error,
  });
}

function headersOf(endpoint: Endpoint, options: RequestOptions, host: string): Record<string, string> {
  return {
    host,
    accept: 'application/json',
    ...(options.body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(options.body)) }),
    ...(endpoint.token === undefined ? {} : { authorization: `Bearer ${endpoint.token}` }),
    ...options.headers,
  };
}

function hostHeader(endpoint: Endpoint & { kind: 'tcp' }): string {
  return endpoint.host.includes(':')
    ? `[${endpoint.host}]:${endpoint.port}`
    : `${endpoint.host}:${endpoint.port}`;
}
