import t from 'tap';
import { logEnvelope, maxLogBytes } from '../../src/http/alias-log.ts';
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

t.test('workers in the shape of the page that has them', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  server.services.addRun('run_1');
  const get = async (path: string) => (await call(server, 'GET', `/api/v1/${path}`)).json;
  const worker = {
    pid: 4711,
    sessionId: 'run_1',
    name: null,
    cwd: null,
    startedAt: 1767323045678,
    kind: 'bg',
    url: null,
    mode: 'local',
    version: null,
    hostname: 'machine',
    status: 'running',
    runId: 'run_1',
    cpuPct: 42.5,
    memoryBytes: 104_857_600,
    processes: 3,
    lastHeartbeatAt: null,
  };

  t.strictSame(await get('workers'), { data: [worker] });
  t.strictSame(await get('workers?kind=bg&local=true'), { data: [worker] });
  for (const kind of ['interactive', 'daemon', 'daemon-worker'])
    t.strictSame(await get(`workers?kind=${kind}`), { data: [] }, kind);
  t.match(await get('workers?kind=other'), { status: 400, code: 'invalid_request' });
  t.match(await get('workers?local=perhaps'), { status: 400, code: 'invalid_request' });
  t.match(await get('workers?unknown=1'), { status: 400, code: 'invalid_request' });
  t.strictSame(await get('workers/run_1'), { data: worker });
  t.strictSame(await get('workers/run_1/logs'), {
    data: { type: 'telemetry', content: 'work\n', truncated: false },
  });
  t.match(await get('workers/run_1/logs?type=process&tail=5'), { data: { type: 'process' } });
  t.match(await get('workers/run_1/logs?type=other'), { status: 400 });
  t.match(await call(server, 'DELETE', '/api/v1/workers/run_1'), {
    status: 200,
    json: { data: { status: 'canceled', run_id: 'run_1' } },
  });
});

t.test('a remote worker registers in the page’s own keys', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  const register = (body: object) =>
    call(server, 'POST', '/api/v1/workers', {
      headers: { 'content-type': 'application/json', 'x-codebuddy-request': '1' },
      body: JSON.stringify(body),
    });
  const entry = {
    pid: 12345,
    sessionId: 'interactive-12345',
    cwd: '/home/user/project',
    startedAt: 1775498920401,
    kind: 'interactive',
    url: 'http://127.0.0.1:8080',
    mode: 'remote',
    version: '2.78.1',
    hostname: 'my-machine',
  };

  t.match(await register(entry), {
    status: 201,
    json: { data: { name: '127.0.0.1-8080', kind: 'daemon', mode: 'remote', url: 'http://127.0.0.1:8080' } },
  });
  t.match(await register({ ...entry, name: 'mine' }), { json: { data: { name: 'mine' } } });
  t.match(await register({ ...entry, url: undefined }), { status: 400, json: { code: 'invalid_request' } });
});

t.test('start answers what runs, restart says what does it, metrics are the page’s', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  const post = (path: string, body: unknown) =>
    call(server, 'POST', path, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  t.match(await post('/api/v1/daemon/start', { port: 9090 }), {
    status: 200,
    json: { status: 'running', pid: 4242, data: { endpoint: 'unix:/run/drover.sock' } },
  });
  t.match(await post('/api/v1/daemon/restart', {}), {
    status: 404,
    json: { code: 'not_found', hint: /drover daemon restart/ },
  });
  t.strictSame((await call(server, 'GET', '/api/v1/metrics')).json, {
    data: {
      ts: 1767323045678,
      cpuCount: 2,
      cpuUsedPct: 12.5,
      memTotalMib: 8192,
      memUsedMib: 1024,
      diskUsed: 400_000_000,
      diskTotal: 1_000_000_000,
      instances: [
        {
          id: 'run_1',
          cwd: '/srv',
          pid: 1,
          rssMib: 4,
          heapUsedMib: null,
          heapTotalMib: null,
          uptimeSeconds: 3,
        },
      ],
    },
  });
});

t.test('a log that is too long for one answer keeps its end', async (t) => {
  const chunk = 'x'.repeat(1024 * 1024 - 1);
  const pieces = ['first\n', ...Array.from({ length: 5 }, () => `${chunk}\n`), 'last\n'];
  const inPieces = ReadableStream.from(pieces.map((piece) => Buffer.from(piece)));

  for (const log of [new Response(pieces.join('')), new Response(inPieces)]) {
    const { data } = (await (await logEnvelope(log, 'process')).json()) as {
      data: { content: string; truncated: boolean };
    };

    t.ok(data.truncated);
    t.equal(data.content, pieces.join('').slice(-maxLogBytes));
  }
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
