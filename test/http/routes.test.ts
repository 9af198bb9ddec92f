import t from 'tap';
import { call, startServer, type TestServer } from '../support/http-server.ts';

let server: TestServer;
t.before(async () => {
  server = await startServer();
  server.services.addRun('run_a', 'first');
});
t.teardown(() => server.close());

t.test('every GET route answers with its status', async (t) => {
  const paths = [
    '/healthz',
    '/readyz',
    '/health',
    '/metrics',
    '/v1/metrics',
    '/v1/status',
    '/v1/openapi.json',
    '/v1/repos',
    '/v1/repos/demo',
    '/v1/runs',
    '/v1/runs/run_a',
    '/v1/runs/run_a/logs',
    '/v1/runs/run_a/diff',
    '/v1/worktrees',
    '/v1/approvals',
    '/v1/approvals/apr_1',
    '/v1/events?follow=false',
  ];

  for (const path of paths) {
    const answer = await call(server, 'GET', path);
    t.equal(answer.status, 200, path);
    t.equal(answer.headers['access-control-allow-origin'], undefined);
    t.equal(answer.headers['cache-control'], 'no-store');
    const head = await call(server, 'HEAD', path);
    t.equal(head.status, 200, `HEAD ${path}`);
    t.equal(head.text, '');
  }
});

t.test('a run is started, shown, listed and cancelled', async (t) => {
  const headers = { 'content-type': 'application/json' };

  const started = await call(server, 'POST', '/v1/runs', { headers, body: '{"prompt":"hello"}' });
  const id = String(started.json.run_id);

  t.equal(started.status, 201);
  t.equal((await call(server, 'GET', `/v1/runs/${id}`)).json.prompt, 'hello');
  t.match((await call(server, 'GET', '/v1/runs?limit=1')).json, { items: [{ id }], next_cursor: '1' });
  t.match((await call(server, 'DELETE', `/v1/runs/${id}`)).json, { status: 'canceled' });
});

t.test('bad input is a problem that names the field', async (t) => {
  const headers = { 'content-type': 'application/json' };
  const post = (body: string) => call(server, 'POST', '/v1/runs', { headers, body });

  t.match(await post('{"promt":"x"}'), {
    status: 400,
    headers: { 'content-type': 'application/problem+json' },
    json: { code: 'invalid_request', errors: [{ path: 'promt', message: 'unknown field' }] },
  });
  t.match(await post('{}'), { status: 400, json: { errors: [{ path: 'prompt' }] } });
  t.match(await post('{"prompt":'), { status: 400, json: { code: 'invalid_json' } });
  t.match(await post(`${'['.repeat(65)}${']'.repeat(65)}`), { status: 400, json: { code: 'invalid_json' } });
  t.match(await post(''), { status: 400, json: { code: 'invalid_request' } });
  t.match(await call(server, 'GET', '/v1/runs?limit=x'), {
    status: 400,
    json: { errors: [{ path: 'limit' }] },
  });
  t.match(await call(server, 'GET', '/v1/runs?limit=1&limit=2'), { status: 400 });
});

t.end();
