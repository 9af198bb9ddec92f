import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError } from '../../contract/index.ts';
import { problemAnswer, problemBytes } from '../errors.ts';

/** Answers what Node's parser could not make a request of, and closes: 408 too slow, 431 headers too large, else 400. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  const pending = pendingAnswer(socket);
  if (pending?.req.complete === true && !pending.headersSent) {
    pending.once('finish', () => socket.destroy()); // the request was whole: what came after it was not
    return;
  }
  if (error.code === 'ECONNRESET' || !socket.writable || pending?.headersSent === true) {
    socket.destroy();
    return;
  }
  const [status, reason, message] = statusOf(error.code);
  const answer = problemAnswer(new AppError('invalid_request', message), status);
  socket.end(problemBytes(answer, reason), () => socket.destroy());
}

/** Answers CONNECT, which no route has and which Node takes out of the normal way. */
export function refuseConnect(socket: Duplex): void {
  socket.on('error', () => socket.destroy()); // the peer may be gone already
  const error = new AppError('method_not_allowed', 'CONNECT is not served here');
  socket.end(problemBytes(problemAnswer(error), 'Method Not Allowed'), () => socket.destroy());
}

function statusOf(code: string | undefined): readonly [number, string, string] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return [408, 'Request Timeout', 'The request did not arrive in time'];
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return [431, 'Request Header Fields Too Large', 'The headers are larger than 16 KiB'];
  }
  return [400, 'Bad Request', 'The request is not valid HTTP/1.1'];
}

/** The answer that Node is in the middle of on this connection: bytes written past it would be taken for its body. */
function pendingAnswer(socket: Duplex): ServerResponse | null {
  return '_httpMessage' in socket ? (socket._httpMessage as ServerResponse | null) : null;
}
