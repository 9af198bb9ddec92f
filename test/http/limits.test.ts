import type { Socket } from 'node:net';
import t from 'tap';
import { defaultLimits, limitsFor } from '../../src/http/index.ts';
import { call, open, raw, startServer } from '../support/http-server.ts';
import { until } from '../support/until.ts';

const json = { 'content-type': 'application/json' };

t.test('the limits follow the limit of open files', (t) => {
  t.match(limitsFor(1024), { maxConnections: 64, maxStreams: 128 });
  t.match(limitsFor(64), { maxConnections: 12, maxStreams: 4 });
  t.match(limitsFor(10), { maxConnections: 6, maxStreams: 2 });
  t.match(defaultLimits, { maxHeaderBytes: 16384, headersTimeoutMs: 10_000, maxBodyBytes: 1_048_576 });
  t.end();
});

t.test('a body over the limit is 413, by its length and in chunks', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  const large = JSON.stringify({ prompt: 'x'.repeat(2 ** 20) });
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const chunked = `POST /v1/runs HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const expecting = `POST /v1/runs HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 2000000\r\n\r\n`;

  const answer = await call(server, 'POST', '/v1/runs', { headers: json, body: large });
  t.match(answer, { status: 413, json: { code: 'body_too_large' } });
  t.match(await raw(server, chunked + chunk.repeat(20)), /^HTTP\/1.1 413[\s\S]*body_too_large/);
  t.match(await raw(server, expecting), /^HTTP\/1.1 413/, 'and nobody is asked to send it');
  t.strictSame(server.services.calls, []);
  t.equal((await call(server, 'GET', '/healthz')).status, 200);
});

t.test('100-continue is answered once the guard has let the request in', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  const head =
    'POST /v1/runs HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n';

  const answer = await raw(server, `${head}Content-Length: 14\r\nConnection: close\r\n\r\n{"prompt":"x"}`);

  t.match(answer, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 201/);
});

t.test('large headers are 431, a slow head is 408, nonsense is 400: all problems', async (t) => {
  const server = await startServer({ limits: { headersTimeoutMs: 300, requestTimeoutMs: 600 } });
  t.teardown(() => server.close());

  t.match(
    await raw(server, `GET / HTTP/1.1\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`),
    /^HTTP\/1.1 431[\s\S]*problem/,
  );
  t.match(await raw(server, 'nonsense\r\n\r\n'), /^HTTP\/1.1 400[\s\S]*problem/);
  t.match(await raw(server, 'GET / HTTP/1.1\r\nHo'), /^HTTP\/1.1 408[\s\S]*problem/);
  const body =
    'POST /v1/runs HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{';
  t.match(await raw(server, body), /^HTTP\/1.1 (408|400)[\s\S]*problem/);
});

t.test('nonsense after a whole request takes nothing from its answer', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());

  const answer = await raw(server, 'GET /v1/status HTTP/1.1\r\nHost: d\r\n\r\nnonsense\r\n\r\n');

  t.match(answer, /^HTTP\/1.1 200 OK[\s\S]*"running":true/);
});

t.test('at the limit the connection that has been silent longest makes room', async (t) => {
  const server = await startServer({ limits: { maxConnections: 3 } });
  t.teardown(() => server.close());
  const closed: number[] = [];
  const clients: Socket[] = [];
  for (let index = 0; index < 3; index += 1) {
    const client = open(server);
    clients.push(client);
    client.on('error', () => {});
    client.on('close', () => closed.push(index));
    await until('its place', () => server.http.counts().connections === index + 1);
  }

  t.equal((await call(server, 'GET', '/healthz')).status, 200);
  await until('one to be closed', () => closed.length === 1);

  t.strictSame(closed, [0]);
  for (const client of clients) client.destroy();
});

t.test('when every connection is at work a further one is told so', async (t) => {
  const server = await startServer({ limits: { maxConnections: 1 } });
  t.teardown(() => server.close());
  const busy = open(server);
  busy.write(
    'POST /v1/runs HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n',
  );
  await new Promise((resolve) => busy.once('data', resolve));

  t.match(await raw(server, ''), /^HTTP\/1.1 503[\s\S]*busy/);

  busy.destroy();
  await until('its place', () => server.http.counts().connections === 0);
  t.equal((await call(server, 'GET', '/healthz')).status, 200);
});

t.test('what the operating system refuses is busy, what is ours has an id in the log', async (t) => {
  const server = await startServer({
    extend: (app) => {
      app.get('/emfile', () => {
        throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      });
      app.get('/fault', () => {
        throw new TypeError('secret detail');
      });
    },
  });
  t.teardown(() => server.close());
  server.services.set.hasRoom = false;

  t.match(await call(server, 'GET', '/emfile'), { status: 503, json: { code: 'busy' } });
  const start = await call(server, 'POST', '/v1/runs', { headers: json, body: '{"prompt":"x"}' });
  t.match(start, { status: 503, headers: { 'retry-after': '1' }, json: { code: 'busy' } });
  const fault = await call(server, 'GET', '/fault');
  t.match(fault, { status: 500, json: { code: 'internal', error_id: /^[0-9a-f]{12}$/ } });
  t.notMatch(fault.text, /secret detail/);
  t.match(server.log.at(-1), { level: 'error', fields: { error_id: fault.json.error_id, err: TypeError } });
});
