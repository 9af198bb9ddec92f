import { createServer, type IncomingMessage, type Server } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { type Clock, type Log, settledWithin } from '../base/index.ts';
import { AppError } from '../contract/index.ts';
import { type App, createApp } from './app.ts';
import { problemResponse } from './errors.ts';
import { type BoundAddress, isLoopbackAddress, type RequestHead } from './guard/index.ts';
import { type Limits, limitsFor, readMaxFiles } from './limits.ts';
import {
  answerClientError,
  type BoundSocket,
  backlog,
  type Connections,
  createConnections,
  createDoor,
  type DoorOptions,
  type GuardedResponse,
  isStillOurs,
  listenOnInherited,
  listenOnSocket,
  listenOnTcp,
  refuseConnect,
} from './listen/index.ts';
import { createRequestMeter, type RequestMeter } from './meter.ts';
import type { HttpConfig, Services } from './services.ts';
import { createHub } from './sse/index.ts';

export type HttpOptions = {
  readonly services: Services;
  /** Read at every request: a reload takes effect at once. */
  readonly config: () => HttpConfig;
  readonly log: Log;
  readonly clock: Clock;
  /** Instead of what fits the limit of open files. */
  readonly limits?: Partial<Limits>;
  /** Sees the router before it is closed to further routes: for tests that prove that none escapes the guard. */
  readonly extend?: (app: App) => void;
};

/** The control plane: one router behind one door per listener. */
export type Http = {
  /** The caller holds the instance lock: a socket file that nobody answers on is removed. */
  readonly listenSocket: (path: string) => Promise<void>;
  /** The same on a socket that a service manager holds open at `path`, and goes on holding after us. */
  readonly listenInherited: (fd: number, path: string) => Promise<void>;
  readonly listenTcp: (host: string, port: number) => Promise<BoundAddress>;
  readonly address: () => { readonly socket: string | null; readonly tcp: BoundAddress | null };
  readonly counts: () => { readonly connections: number; readonly streams: number };
  /** Requests so far. */
  readonly requests: RequestMeter['read'];
  /**
   * Ends the streams and waits for the requests under way, during which whoever asks is still told that the daemon is
   * draining; then stops listening, and cuts what is left after `graceMs`.
   */
  readonly close: (drain: { readonly graceMs: number }) => Promise<void>;
};

/** How long a connection may take, once nobody can connect any more, to ask something and be answered. */
const lastWordsMs = 100;
/** The same for one that was just made: whoever makes it has something to ask, and on a busy machine needs its time. */
const firstWordsMs = 500;

/** Makes the control plane. Nothing listens yet. */
export function createHttp(options: HttpOptions): Http {
  const { services, log, clock } = options;
  const limits: Limits = { ...limitsFor(readMaxFiles()), ...options.limits };
  const connections = createConnections(limits, clock);
  const hub = createHub({ journal: services.journal, log, clock, ...limits });
  const { maxBodyBytes } = limits;
  const meter = createRequestMeter(clock);
  const takeStream = connections.becomeStream;
  const app = createApp({ services, hub, takeStream, maxBodyBytes, routed: meter.route }, log);
  options.extend?.(app);
  const enter = createEntrance(app, log);
  const servers: Server[] = [];
  let socket: BoundSocket | null = null;
  let inherited: { readonly server: Server; readonly path: string } | null = null;
  let tcp: BoundAddress | null = null;

  const serverFor = (transport: RequestHead['transport']): Server => {
    const server = createServer({
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: 1000,
      requireHostHeader: false, // the guard says it better
    });
    server.maxHeadersCount = 0; // no silent cut: what is dropped here would be hidden from the guard
    server.timeout = limits.stalledResponseMs;
    server.closeIdleConnections = () => {}; // `close` would reset what is being asked just then: `connections` ends them
    const rules = () => ({ ...options.config(), bound: tcp });
    const { tokens } = services;
    const door = createDoor({ transport, rules, tokens, connections, meter, maxBodyBytes, log, enter });
    server.on('request', (incoming, outgoing) => door(incoming, outgoing, 'none'));
    server.on('checkContinue', (incoming, outgoing) => door(incoming, outgoing, 'continue'));
    server.on('checkExpectation', (incoming, outgoing) => door(incoming, outgoing, 'unknown'));
    server.on('connect', (_incoming, peer) => refuseConnect(peer));
    server.on('clientError', answerClientError);
    connections.watch(server);
    servers.push(server);
    return server;
  };

  return {
    listenSocket: async (path) => {
      socket = await listenOnSocket(serverFor('socket'), path);
    },
    listenInherited: async (fd, path) => {
      const server = serverFor('socket');
      await listenOnInherited(server, fd, path);
      inherited = { server, path };
    },
    listenTcp: async (host, port) => {
      if (options.config().authMode === 'none' && !isLoopbackAddress(host)) {
        throw new AppError('address_invalid', `Without tokens the daemon cannot listen on '${host}'`, {
          hint: 'use 127.0.0.1, or auth.mode = "bearer"',
        });
      }
      tcp = await listenOnTcp(serverFor('tcp'), { host, port });
      return tcp;
    },
    address: () => ({ socket: socket?.path ?? inherited?.path ?? null, tcp }),
    counts: connections.counts,
    requests: meter.read,
    close: async ({ graceMs }) => {
      hub.close('the daemon is stopping; resume from the last id');
      connections.endAfterRequest();
      inherited?.server.close(); // what connects from now on waits for the next daemon
      await settledWithin(connections.underWay(), graceMs, clock);
      await acceptPending(connections);
      const ended = servers
        .filter((server) => server.listening)
        .map((server) => stopListening(server, socket));
      await settledWithin(connections.heardOut('all'), lastWordsMs, clock); // to cut what is being asked would be a reset
      await settledWithin(connections.heardOut('new'), firstWordsMs - lastWordsMs, clock);
      connections.closeAll();
      await Promise.all(ended);
    },
  };
}

/** Takes in what already waits at the listeners (one connection each turn of the loop): closing would reset it. */
async function acceptPending(connections: Connections): Promise<void> {
  for (let turn = 0; turn < backlog; turn += 1) {
    const before = connections.accepted();
    await nextTurn();
    if (connections.accepted() === before) return;
  }
}

/** The only way into the router: with the admission that the door gave. */
function createEntrance(app: App, log: Log): DoorOptions['enter'] {
  const listener = getRequestListener(
    (request, env) => {
      const { incoming, outgoing } = env as { incoming: IncomingMessage; outgoing: GuardedResponse };
      const { admission } = outgoing;
      if (admission === undefined) throw new Error('A request came to the router without an admission');
      return app.fetch(request, { incoming, outgoing, admission });
    },
    { errorHandler: (error) => problemResponse(error, log) },
  );
  return async (incoming, outgoing) => void (await listener(incoming, outgoing));
}

/** Closing a Unix listener removes whatever is at its path, so one whose place was taken is left to end with us. */
function stopListening(server: Server, socket: BoundSocket | null): Promise<void> {
  const isSocketServer = typeof server.address() === 'string';
  if (isSocketServer && socket !== null && !isStillOurs(socket)) {
    server.unref();
    server.on('connection', (peer) => peer.destroy());
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
