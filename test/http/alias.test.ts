import t from 'tap';
import { call, startServer } from '../support/http-server.ts';

t.test("the reference pages' own requests answer in their own shape", async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  const post = (path: string, body: unknown) =>
    call(server, 'POST', path, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  const started = await post('/runs', { prompt: 'a', max_turns: 20, approval_mode: 'yolo', run_label: 'l' });
  t.strictSame(started.json, { run_id: 'run_1' });
  t.match(JSON.parse((await call(server, 'GET', '/runs?limit=0')).text), [{ id: 'run_1', prompt: 'a' }]);
  t.match((await call(server, 'GET', '/runs/run_1')).json, { id: 'run_1', status: 'running' });
  t.strictSame((await call(server, 'DELETE', '/runs/run_1')).json, { status: 'canceled' });
  server.services.endRun('run_1');
  const stream = await call(server, 'GET', '/runs/run_1/events');
  t.match(stream.headers['content-type'], /^text\/event-stream/);
  t.match(stream.text, /^id: 1\nevent: run\.queued\ndata: \{.*\}\n\nid: 2\nevent: run\.finished\n/);

  t.match((await post('/api/v1/runs', { text: 'b' })).json, { data: { run_id: 'run_2', prompt: 'b' } });
  t.match((await post('/api/v1/runs', { prompt: 'c' })).json, { data: { prompt: 'c' } });
  t.match((await call(server, 'GET', '/api/v1/runs/run_2')).json, { data: { id: 'run_2' } });
  const shape = { status: 'running', pid: 4242, endpoint: 'unix:/run/drover.sock', startedAt: 1767323045678 };
  t.strictSame((await call(server, 'GET', '/api/v1/daemon/status')).json, { ...shape, data: shape });
  t.match(await post('/api/v1/runs/run_2/cancel', {}), {
    status: 200,
    json: { data: { status: 'canceled' } },
  });
  t.match(await call(server, 'POST', '/api/v1/daemon/stop'), {
    status: 202,
    json: { data: { status: 'stopping' } },
  });
  t.ok(server.services.calls.includes('shutdown'));
});

t.test('a path with another method is 405 with Allow, no path is 404', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());

  t.match(await call(server, 'PATCH', '/v1/runs'), {
    status: 405,
    headers: { allow: 'GET, HEAD, POST' },
    json: { code: 'method_not_allowed' },
  });
  t.match(await call(server, 'OPTIONS', '/v1/repos/demo'), {
    status: 405,
    headers: { allow: 'DELETE, GET, HEAD, PATCH' },
  });
  t.match(await call(server, 'GET', '/v1/runs/'), { status: 404, json: { code: 'not_found' } });
  t.match(await call(server, 'POST', '/nothing'), { status: 404 });
  t.match(await call(server, 'GET', '/v1/runs/run_x'), { status: 404, json: { code: 'run_not_found' } });
});
