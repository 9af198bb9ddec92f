import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import t from 'tap';
import type { AppEnv } from '../../src/http/app.ts';
import { call, open, startServer, type TestServer } from '../support/http-server.ts';
import { until } from '../support/until.ts';

/** Opens a stream and collects what comes. */
function stream(server: TestServer, path: string, headers = ''): { socket: Socket; text: () => string } {
  const socket = open({ socket: server.socket });
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {}); // the server may be gone
  socket.write(`GET ${path} HTTP/1.0\r\nHost: d\r\n${headers}\r\n`);
  t.teardown(() => socket.destroy());
  return { socket, text: () => text };
}
/** What `read` gives once it gives the same over many turns of the loop. */
async function settled(read: () => number): Promise<number> {
  for (let last = read(), same = 0; ; same = read() === last ? same + 1 : 0, last = read()) {
    if (same === 50) return last;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
const idsOf = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

t.test('replay, then live, and the end after the last event of the run', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  server.services.addRun('run_a');
  server.services.addRun('run_b');
  const run = stream(server, '/v1/runs/run_a/events');
  const all = stream(server, '/v1/events?after=1');
  await until('the first events', () => idsOf(run.text()).length === 1 && idsOf(all.text()).length === 1);

  server.services.emit('output.stdout', 'run_a', { text: 'multi\nline' });
  server.services.emit('output.stdout', 'run_b');
  server.services.endRun('run_a');
  await until('the end', () => run.socket.destroyed && idsOf(all.text()).length === 4);

  t.strictSame(idsOf(run.text()), [1, 3, 5]);
  t.strictSame(idsOf(all.text()), [2, 3, 4, 5]);
  t.match(run.text(), /\nevent: output\.stdout\ndata: \{[^\n]*multi\\nline[^\n]*\}\n\n/);
  t.equal(server.http.counts().streams, 1);
});

t.test('cursors: after, Last-Event-ID wins, and one that was never given is 410', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  for (let index = 0; index < 5; index += 1) server.services.emit('daemon.started');
  const get = (query: string, headers: Record<string, string> = {}) =>
    call(server, 'GET', `/v1/events?follow=false${query}`, { headers });

  t.strictSame(idsOf((await get('')).text), [1, 2, 3, 4, 5]);
  t.strictSame(idsOf((await get('&after=3')).text), [4, 5]);
  t.strictSame(idsOf((await get('&after=1', { 'last-event-id': '4' })).text), [5]);
  t.strictSame(idsOf((await get('&after=5')).text), []);
  t.match(await get('&after=6'), { status: 410, json: { code: 'cursor_unknown' } });
  t.match(await get('', { 'last-event-id': 'abc' }), { status: 410 });
  t.match(await get('&after=-1'), { status: 400 });
});

t.test('a page with Accept: application/json', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  server.services.addRun('run_a');
  for (let index = 0; index < 600; index += 1)
    server.services.emit('output.stdout', index % 2 ? 'run_a' : null);
  const page = async (path: string) =>
    (await call(server, 'GET', path, { headers: { accept: 'application/json' } })).json as {
      items: { seq: number }[];
      next_cursor: string | null;
    };

  t.match(await page('/v1/events?limit=2'), { items: [{ seq: 1 }, { seq: 2 }], next_cursor: '2' });
  t.match(await page('/v1/events?limit=2&after=599'), {
    items: [{ seq: 600 }, { seq: 601 }],
    next_cursor: null,
  });
  t.equal((await page('/v1/events')).items.length, 50);
  t.equal((await page('/v1/events?limit=0')).items.length, 601);
  t.equal((await page('/v1/runs/run_a/events?limit=0')).items.length, 301);
});

t.test('a hundred readers cost one reading of the journal', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  server.services.addRun('run_a');
  const readers = Array.from({ length: 100 }, (_, index) =>
    stream(server, index % 2 ? '/v1/events' : '/v1/runs/run_a/events'),
  );
  await until('the first event', () => readers.every(({ text }) => idsOf(text()).length === 1));
  const before = await settled(() => server.services.reads.count);

  for (let index = 0; index < 200; index += 1) server.services.emit('output.stdout', 'run_a', { index });
  await until('all events', () => readers.every(({ text }) => idsOf(text()).length === 201));

  const reads = server.services.reads.count - before;
  t.ok(reads <= 10, `${reads} readings of the journal`);
  const expected = Array.from({ length: 201 }, (_, index) => index + 1);
  for (const { text } of readers) t.strictSame(idsOf(text()), expected);
});

t.test('a reader that takes nothing costs a page and slows nobody', async (t) => {
  const outgoing: ServerResponse[] = [];
  const server = await startServer({
    extend: (app) => {
      const inner = app.fetch;
      app.fetch = (request, env, context) => {
        outgoing.push((env as AppEnv['Bindings']).outgoing);
        return inner(request, env, context);
      };
    },
  });
  t.teardown(() => server.close());
  const slow = stream(server, '/v1/events');
  await until('the stream', () => server.http.counts().streams === 1);
  slow.socket.pause();
  const fast = stream(server, '/v1/events');
  await until('the stream', () => server.http.counts().streams === 2);
  const text = 'x'.repeat(10_000);
  let mostQueued = 0;

  for (let burst = 0; burst < 100; burst += 1) {
    for (let index = 0; index < 20; index += 1) server.services.emit('output.stdout', null, { text });
    await new Promise((resolve) => setImmediate(resolve));
    mostQueued = Math.max(mostQueued, outgoing[0]?.writableLength ?? 0);
  }
  await until('all at the fast one', () => idsOf(fast.text()).length === 2000);
  mostQueued = Math.max(mostQueued, outgoing[0]?.writableLength ?? 0);
  slow.socket.resume();
  await until('all at the slow one', () => idsOf(slow.text()).length === 2000);

  t.comment(
    `20 MB written, at most ${Math.round(mostQueued / 1024)} KiB queued for the reader that took nothing`,
  );
  t.strictSame(idsOf(slow.text()), idsOf(fast.text()));
  t.ok(mostQueued > 0, 'it was really slow');
  t.ok(mostQueued < 256 * 1024, `${mostQueued} bytes queued`);
});

t.test('a quiet stream has a heartbeat; a token that is revoked ends it', async (t) => {
  const server = await startServer({ limits: { heartbeatMs: 20, recheckMs: 20 } });
  t.teardown(() => server.close());
  const token = 'Authorization: Bearer read-token-of-the-fake\r\n';
  const withToken = stream(server, '/v1/events', token);
  const without = stream(server, '/v1/events');
  await until(
    'heartbeats',
    () => without.text().includes(': alive\n\n') && withToken.text().includes(': alive\n\n'),
  );

  server.services.revoke('read-token-of-the-fake');
  await until('its end', () => withToken.socket.destroyed);

  t.match(withToken.text(), /: the token is not valid any more\n\n$/);
  t.notOk(without.socket.destroyed);
});

t.test('the drain: not ready first, streams told and ended, requests under way finished', async (t) => {
  const server = await startServer();
  server.services.addRun('run_a');
  const reader = stream(server, '/v1/runs/run_a/events');
  await until('the first event', () => idsOf(reader.text()).length === 1);

  server.services.set.ready = false;
  t.match(await call(server, 'GET', '/readyz'), { status: 503, json: { code: 'draining' } });
  t.equal((await call(server, 'GET', '/healthz')).status, 200);
  const start = { headers: { 'content-type': 'application/json' }, body: '{"prompt":"x"}' };
  t.match(await call(server, 'POST', '/v1/runs', start), { status: 503, json: { code: 'draining' } });
  t.notOk(reader.socket.destroyed);
  await server.close();
  await until('its end', () => reader.socket.destroyed);

  t.match(reader.text(), /: the daemon is stopping; resume from the last id\n\n$/);
  await t.rejects(call(server, 'GET', '/healthz'));
});
