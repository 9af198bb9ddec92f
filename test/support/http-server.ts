import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingHttpHeaders, request as nodeRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/index.ts';
import { createHttp, type Http, type HttpConfig, type HttpOptions } from '../../src/http/index.ts';
import { createFakeServices, type FakeServices } from './fake-services.ts';
import { patienceMs } from './until.ts';

export type LogLine = { level: string; message: string; fields: Record<string, unknown> | undefined };
export type TestServer = {
  readonly http: Http;
  readonly services: FakeServices;
  readonly socket: string;
  readonly port: number;
  readonly log: LogLine[];
  readonly close: () => Promise<void>;
};

/** A control plane with fake services, on a socket in a folder of its own and on a free port of 127.0.0.1. */
export async function startServer(
  options: Partial<Pick<HttpOptions, 'limits' | 'extend'>> & { config?: Partial<HttpConfig> } = {},
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-http-'));
  const socket = join(folder, 'run', 'drover.sock');
  const services = createFakeServices();
  const log: LogLine[] = [];
  const logAt = (level: string) => (message: string, fields?: Record<string, unknown>) => {
    log.push({ level, message, fields });
  };
  const { config, ...rest } = options;
  const http = createHttp({
    services,
    config: () => ({ authMode: 'bearer', allowedHosts: [], ...config }),
    log: { debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') },
    clock: systemClock,
    ...rest,
  });
  await http.listenSocket(socket);
  const { port } = await http.listenTcp('127.0.0.1', 0);
  const close = async () => {
    await http.close({ graceMs: 200 });
    rmSync(folder, { recursive: true, force: true });
  };
  return { http, services, socket, port, log, close };
}

export type Answer = {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: Record<string, unknown>;
};

/** One request by Node's own client, over the socket or to the port, on a connection of its own. */
export function call(
  target: { socket: string } | { port: number },
  method: string,
  path: string,
  options: { headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const where =
      'socket' in target ? { socketPath: target.socket } : { host: '127.0.0.1', port: target.port };
    const request = nodeRequest(
      { ...where, method, path, headers: { ...options.headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: jsonOf(text) });
        });
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

/**
 * Sends bytes as they are and resolves with all that came back: once the server closed, or once a whole answer is there
 * (after any `100 Continue`).
 */
export function raw(target: { socket: string } | { port: number }, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const isHead = bytes.slice(0, 5).toString() === 'HEAD ';
    const socket = open(target);
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(done, patienceMs);
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      if (isWhole(answer, isHead)) done();
    });
    socket.on('error', done);
    socket.on('close', done);
    socket.write(bytes);
  });
}

/** Whether the text ends with the body of its last answer, as far as a length tells; an answer in chunks is never whole. */
function isWhole(text: string, isHead: boolean): boolean {
  const [head = '', ...rest] = text.replace(/^HTTP\/1\.1 100 [\s\S]*?\r\n\r\n/, '').split('\r\n\r\n');
  if (rest.length === 0) return false;
  const length = /^content-length: (\d+)$/im.exec(head.replaceAll('\r', ''))?.[1];
  return isHead || (length !== undefined && rest.join('\r\n\r\n').length >= Number(length));
}

/** A plain connection. */
export function open(target: { socket: string } | { port: number }): Socket {
  return 'socket' in target ? connect(target.socket) : connect(target.port, '127.0.0.1');
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {}; // not every answer is JSON
  }
}
