import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Event } from '../../src/contract/index.ts';

/** A delivery as it arrived. */
export type Received = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly event: Event & { readonly profile: string };
  readonly response: ServerResponse;
};

/** Somebody whom hooks tell of events: a web server on the loopback. */
export type Receiver = {
  readonly url: string;
  readonly port: number;
  readonly received: readonly Received[];
  /** Those on this path, in order. */
  readonly on: (path: string) => readonly Received[];
  /** How it answers from now on; 204 until told. */
  readonly answer: (how: (received: Received) => void) => void;
  readonly close: () => Promise<void>;
};

/** Starts it, on a port that is free or on this one. */
export async function startReceiver(port = 0): Promise<Receiver> {
  const received: Received[] = [];
  let answer: (received: Received) => void = ({ response }) => void response.writeHead(204).end();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const event = JSON.parse(Buffer.concat(chunks).toString()) as Received['event'];
      const one = { path: request.url ?? '', headers: request.headers, event, response };
      received.push(one);
      answer(one);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    received,
    on: (path) => received.filter((one) => one.path === path),
    answer: (how) => {
      answer = how;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
