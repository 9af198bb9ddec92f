import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the fake was asked, in order. */
export type SeenRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
};

/** Answers a request; `reply` is the short way to send JSON. */
export type FakeHandler = (request: SeenRequest, response: ServerResponse, reply: Reply) => void;
type Reply = (body: unknown, status?: number) => void;

export type FakeDaemon = {
  readonly socket: string;
  readonly folder: string;
  readonly requests: SeenRequest[];
  /** Environment under which a command finds this daemon and nothing of the user's. */
  readonly env: Record<string, string>;
  readonly close: () => Promise<void>;
};

/** A daemon that speaks the contract's HTTP on a socket of its own: `routes` maps `GET /v1/status` to its handler. */
export async function fakeDaemon(
  routes: Readonly<Record<string, FakeHandler | object>>,
): Promise<FakeDaemon> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-fake-'));
  const socket = join(folder, 'drover.sock');
  const requests: SeenRequest[] = [];
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const request: SeenRequest = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    requests.push(request);
    const reply: Reply = (body, status = 200) => {
      const payload = JSON.stringify(body);
      const type = status >= 400 ? 'application/problem+json' : 'application/json';
      response
        .writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(payload) })
        .end(payload);
    };
    const handler = routes[`${request.method} ${request.path}`];
    if (handler === undefined) reply(problem('not_found', 404, `no ${request.method} ${request.path}`), 404);
    else if (typeof handler === 'function') (handler as FakeHandler)(request, response, reply);
    else reply(handler);
  };
  const server = createServer((incoming, response) => void serve(incoming, response));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    folder,
    requests,
    env: { HOME: folder, XDG_RUNTIME_DIR: folder, DROVER_SOCKET: socket, PATH: process.env.PATH ?? '' },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A problem document. */
export function problem(code: string, status: number, detail: string, more: object = {}): object {
  return { type: `about:${code}`, title: code, status, code, detail, ...more };
}

/** Begins an event stream and gives the function that sends one event. */
export function beginStream(
  response: ServerResponse,
): (event: object & { seq: number; type: string }) => void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  return (event) => {
    response.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  };
}
