import type { IncomingMessage } from 'node:http';
import { inBackground, type Log } from '../../base/index.ts';
import { AppError } from '../../contract/index.ts';
import { bodyTooLarge } from '../body.ts';
import { problemAnswer, problemOf } from '../errors.ts';
import {
  checkRights,
  headerValues,
  judge,
  type RequestHead,
  type Rules,
  unauthorized,
} from '../guard/index.ts';
import type { RequestMeter } from '../meter.ts';
import type { Caller, Services } from '../services.ts';
import type { Connections } from './connections.ts';
import { type Admission, type GuardedResponse, guardResponse } from './guarded-response.ts';

export type DoorOptions = {
  readonly transport: RequestHead['transport'];
  readonly rules: () => Rules;
  readonly tokens: Services['tokens'];
  readonly connections: Connections;
  readonly meter: Pick<RequestMeter, 'begin'>;
  readonly maxBodyBytes: number;
  readonly log: Log;
  /** The router behind the door. */
  readonly enter: (incoming: IncomingMessage, outgoing: GuardedResponse) => Promise<void>;
};

/** The listener of a server: everything that reaches the router has passed it. */
export type Door = (incoming: IncomingMessage, outgoing: GuardedResponse, expects: Expectation) => void;

/** What the request's Expect header asks for. */
export type Expectation = 'none' | 'continue' | 'unknown';

/** How much of a refused body is read and dropped, so that the client gets to read the refusal. */
const lingerMs = 2000;
const lingerBytes = 8 * 2 ** 20;

/**
 * Makes the door of one server. For each request, in order: judge the head; check the token, if one was presented;
 * check its rights against method and path; refuse a body that says it is too large; say `100 Continue` if asked to; enter.
 */
export function createDoor(options: DoorOptions): Door {
  const { log, connections, meter } = options;
  const pass = async (incoming: IncomingMessage, outgoing: GuardedResponse, expects: Expectation) => {
    try {
      const admitted = admit(incoming, options);
      outgoing.admission = admitted instanceof Promise ? await admitted : admitted;
      if (expects === 'unknown') return refuse(incoming, outgoing, unknownExpectation());
      if (expects === 'continue') outgoing.writeContinue();
      await options.enter(incoming, outgoing);
    } catch (error) {
      refuse(incoming, outgoing, problemOf(error, log));
    }
  };
  return (incoming, outgoing, expects) => {
    guardResponse(outgoing);
    connections.beginRequest(incoming, outgoing);
    meter.begin(incoming, outgoing);
    inBackground(log, 'answer a request', pass(incoming, outgoing, expects));
  };
}

function unknownExpectation() {
  return problemAnswer(new AppError('invalid_request', 'The Expect header asks for something unknown'), 417);
}

/** At once where there is no token to check. */
function admit(incoming: IncomingMessage, options: DoorOptions): Admission | Promise<Admission> {
  const head = {
    transport: options.transport,
    method: incoming.method ?? '',
    url: incoming.url ?? '',
    rawHeaders: incoming.rawHeaders,
  };
  const verdict = judge(head, options.rules());
  if (verdict.kind === 'refuse') throw verdict.error;
  const request = { head, path: verdict.path };
  if (verdict.kind === 'token') {
    return withToken(verdict.token, options).then((admission) => checked(request, admission, options));
  }
  const admission = { caller: anonymous(options.transport, verdict.may), isStillValid: null };
  return checked(request, admission, options);
}

function checked(
  { head, path }: { readonly head: RequestHead; readonly path: string },
  admission: Admission,
  options: DoorOptions,
): Admission {
  checkRights({ method: head.method, path }, admission.caller);
  if (Number(headerValues(head, 'content-length')[0] ?? 0) > options.maxBodyBytes) {
    throw bodyTooLarge(options.maxBodyBytes);
  }
  return admission;
}

async function withToken(token: string, options: DoorOptions): Promise<Admission> {
  const { tokens, transport } = options;
  const found = await tokens.check(token);
  if (found === null) throw unauthorized('The token is not valid');
  const isStillValid = async () => (await tokens.check(token)) !== null;
  return { caller: { transport, ...found }, isStillValid };
}

function anonymous(transport: Caller['transport'], may: 'write' | 'nothing'): Caller {
  return { transport, may, runId: null, name: may === 'write' ? 'admin' : 'anonymous' };
}

function refuse(
  incoming: IncomingMessage,
  outgoing: GuardedResponse,
  answer: ReturnType<typeof problemAnswer>,
): void {
  if (outgoing.headersSent || outgoing.destroyed) {
    outgoing.destroy();
    return;
  }
  const wantsClose = !outgoing.shouldKeepAlive;
  if (!incoming.complete) outgoing.shouldKeepAlive = true; // else Node closes at once, and the answer is lost
  outgoing.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
  outgoing.end(incoming.method === 'HEAD' ? undefined : answer.body);
  if (!incoming.complete) linger(incoming, wantsClose);
}

/** Reads and drops what the client still sends, for a while: closing at once would take the answer away from it. */
function linger(incoming: IncomingMessage, wantsClose: boolean): void {
  let dropped = 0;
  const cut = () => incoming.socket.destroy();
  const timer = setTimeout(cut, lingerMs);
  timer.unref();
  incoming.on('data', (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > lingerBytes) cut();
  });
  incoming.once('end', () => {
    if (wantsClose) incoming.socket.end();
  });
  incoming.once('close', () => clearTimeout(timer));
  incoming.resume();
}
