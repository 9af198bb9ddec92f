import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../base/index.ts';
import { AppError } from '../../contract/index.ts';
import { problemAnswer, problemBytes } from '../errors.ts';
import type { Limits } from '../limits.ts';

type Connection = {
  readonly socket: Socket;
  requests: number;
  idleSince: number;
  isStream: boolean;
  isNew: boolean;
  /** Resolves at the first request (while closing: at the next), or when the connection is over without one. */
  asked: PromiseWithResolvers<void>;
};

/** The connections of all listeners together: at the limit, the one that has been silent longest makes room. */
export type Connections = {
  /** Watches a server's connections and requests. */
  readonly watch: (server: Server) => void;
  /** Counts a request of a connection, until its response is over. */
  readonly beginRequest: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  /** Makes the connection of a request one of the event streams. Throws `busy` when there are too many. */
  readonly becomeStream: (incoming: IncomingMessage) => void;
  readonly counts: () => { readonly connections: number; readonly streams: number };
  /** How many connections there have been. */
  readonly accepted: () => number;
  /** Resolves once the requests that are under way now are over; those that come meanwhile are not waited for. */
  readonly underWay: () => Promise<void>;
  /** From now on a connection ends after its request, and its answer says so. */
  readonly endAfterRequest: () => void;
  /** Resolves once each connection, or each that has never asked, has asked once more and has its answer. */
  readonly heardOut: (whom: 'all' | 'new') => Promise<void>;
  readonly closeAll: () => void;
};

/** Makes the one table of connections. */
export function createConnections(limits: Limits, clock: Clock): Connections {
  const open = new Map<Socket, Connection>();
  const answering = new Set<ServerResponse>();
  let streams = 0;
  let accepted = 0;
  let isClosing = false;

  const forget = (socket: Socket) => {
    const connection = open.get(socket);
    if (connection?.isStream) streams -= 1;
    open.delete(socket);
  };

  const admit = (socket: Socket) => {
    accepted += 1;
    socket.on('error', () => socket.destroy()); // a peer that went away is no news
    if (open.size - streams >= limits.maxConnections && !dropLongestIdle()) return refuse(socket);
    const asked = Promise.withResolvers<void>();
    const connection = {
      socket,
      requests: 0,
      idleSince: clock.monotonic(),
      isStream: false,
      isNew: true,
      asked,
    };
    open.set(socket, connection);
    socket.once('close', () => {
      forget(socket);
      connection.asked.resolve();
    });
  };

  const dropLongestIdle = (): boolean => {
    let longest: Connection | undefined;
    for (const connection of open.values()) {
      if (connection.requests > 0) continue;
      if (longest === undefined || connection.idleSince < longest.idleSince) longest = connection;
    }
    if (longest === undefined) return false;
    longest.socket.destroy();
    forget(longest.socket);
    return true;
  };

  const underWay = async () => {
    await Promise.all([...answering].map((outgoing) => new Promise((over) => outgoing.once('close', over))));
  };

  return {
    watch: (server) => {
      server.on('connection', admit);
    },
    beginRequest: (incoming, outgoing) => {
      const connection = open.get(incoming.socket);
      if (connection === undefined) return;
      connection.requests += 1;
      connection.isNew = false;
      connection.asked.resolve();
      if (isClosing) outgoing.shouldKeepAlive = false;
      answering.add(outgoing);
      outgoing.once('close', () => {
        answering.delete(outgoing);
        connection.requests -= 1;
        if (connection.isStream && open.has(incoming.socket)) streams -= 1;
        connection.isStream = false;
        connection.idleSince = clock.monotonic();
        if (isClosing && connection.requests === 0) incoming.socket.end();
      });
    },
    becomeStream: (incoming) => {
      const connection = open.get(incoming.socket);
      if (connection === undefined || connection.isStream) return;
      if (streams >= limits.maxStreams) {
        throw new AppError('busy', `${streams} event streams are open already`, {
          hint: 'close one, or read pages with Accept: application/json',
        });
      }
      connection.isStream = true;
      streams += 1;
    },
    counts: () => ({ connections: open.size - streams, streams }),
    accepted: () => accepted,
    underWay,
    endAfterRequest: () => {
      isClosing = true;
      for (const connection of open.values()) {
        if (connection.requests === 0 && !connection.isNew) connection.asked = Promise.withResolvers<void>();
      }
    },
    heardOut: async (whom) => {
      const awaited = [...open.values()].filter(({ isNew }) => isNew || whom === 'all');
      await Promise.all(awaited.map(({ asked }) => asked.promise));
      await underWay();
    },
    closeAll: () => {
      for (const socket of [...open.keys()]) socket.destroy();
    },
  };
}

function refuse(socket: Socket): void {
  const busy = new AppError('busy', 'Every connection is in use', { hint: 'try again' });
  socket.end(problemBytes(problemAnswer(busy), 'Service Unavailable'), () => socket.destroy());
}
