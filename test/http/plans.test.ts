import t from 'tap';
import { operatorPlanEvents, type RouteSpec, routes } from '../../src/contract/index.ts';
import { adminToken, readToken, runToken } from '../support/fake-services.ts';
import { call, startServer, type TestServer } from '../support/http-server.ts';

let server: TestServer;
t.before(async () => {
  server = await startServer();
});
t.teardown(() => server.close());

const json = { 'content-type': 'application/json' };
const asRun = { ...json, authorization: `Bearer ${runToken}` };
const post = (path: string, body: object, headers: Record<string, string> = json) =>
  call(server, 'POST', path, { headers, body: JSON.stringify(body) });
const lastTold = () => server.services.toldOfPlans.at(-1);
const events = '/v1/repos/demo/plans/auth/events';
const signals = '/v1/repos/demo/signals';

t.test('each route hands on what was asked, and answers with its status', async (t) => {
  const list = await call(server, 'GET', '/v1/repos/demo/plans?limit=7&status=canceled&cursor=9');
  t.match(list, { status: 200, json: { items: [{ name: 'auth' }], next_cursor: null } });
  t.strictSame(lastTold(), {
    method: 'list',
    repo: 'demo',
    what: { limit: 7, cursor: '9', status: 'cancelled' },
  });

  t.match(await post('/v1/repos/demo/plans', { name: 'search' }), { status: 201, json: { name: 'search' } });
  t.match(lastTold()?.what, { name: 'search', content: '' });
  t.match(await call(server, 'GET', '/v1/repos/demo/plans/auth'), { status: 200, json: { name: 'auth' } });
  const patch = { headers: json, body: '{"topic":null,"base":"next"}' };
  t.equal((await call(server, 'PATCH', '/v1/repos/demo/plans/auth', patch)).status, 200);
  t.strictSame(lastTold()?.what, { topic: null, base: 'next' });

  t.match(await post(events, { event: 'advance' }), { status: 200, json: { name: 'auth' } });
  t.strictSame(lastTold(), { method: 'say', repo: 'demo', what: { event: 'advance' }, runId: null });
  t.match(await post(signals, { plan: 'auth', event: 'task-finished', wave: 1, task: 2 }), {
    status: 201,
    json: { plan: 'auth', status: 'done' },
  });
  t.match(lastTold(), { method: 'signal', what: { wave: 1, task: 2 }, runId: null });
  t.equal((await call(server, 'GET', `${signals}?plan=auth&status=failed`)).status, 200);
  t.match(lastTold()?.what, { plan: 'auth', status: 'failed', limit: 50 });
  t.match(await post(`${signals}/01JD/retry`, {}), { status: 201, json: { id: '01JD' } });
});

t.test('what is wrong with a request is said, and nobody is told', async (t) => {
  const before = server.services.toldOfPlans.length;

  t.match(await post('/v1/repos/demo/plans', { name: '../x' }), {
    status: 400,
    json: { errors: [{ path: 'name' }] },
  });
  for (const name of ['a..b', 'x.lock'])
    t.match(await post('/v1/repos/demo/plans', { name }), {
      status: 400,
      json: { errors: [{ path: 'name', message: /git knows none/ }] },
    });
  t.match(await post('/v1/repos/demo/plans', { name: 'x', content: 'x'.repeat(256 * 1024 + 1) }), {
    status: 400,
    json: { errors: [{ path: 'content' }] },
  });
  t.match(await post(events, { event: 'advance', wave: 0 }), { status: 400 });
  t.match(await post(events, {}), { status: 400, json: { errors: [{ path: 'event' }] } });
  t.match(await call(server, 'GET', '/v1/repos/demo/plans?status=asleep'), { status: 400 });
  t.equal(server.services.toldOfPlans.length, before);
  t.match(await call(server, 'GET', '/v1/repos/demo/plans/none'), {
    status: 404,
    json: { code: 'plan_not_found' },
  });
});

t.test('the same key stores one plan', async (t) => {
  const headers = { ...json, 'idempotency-key': 'once' };
  const first = await post('/v1/repos/demo/plans', { name: 'twice' }, headers);
  const count = server.services.toldOfPlans.length;
  const second = await post('/v1/repos/demo/plans', { name: 'twice' }, headers);

  t.equal(first.status, 201);
  t.strictSame(second.json, first.json);
  t.equal(second.headers['idempotency-replayed'], 'true');
  t.equal(server.services.toldOfPlans.length, count);
});

t.test('the same key says a thing once', async (t) => {
  const paths: readonly [string, object][] = [
    [events, { event: 'advance' }],
    [signals, { plan: 'auth', event: 'advance' }],
    [`${signals}/01JD/retry`, {}],
  ];
  for (const [path, body] of paths) {
    const headers = { ...json, 'idempotency-key': 'said' };
    const first = await post(path, body, headers);
    const count = server.services.toldOfPlans.length;
    const second = await post(path, body, headers);

    t.ok(first.status < 300, path);
    t.strictSame([second.status, second.json], [first.status, first.json]);
    t.equal(second.headers['idempotency-replayed'], 'true');
    t.equal(server.services.toldOfPlans.length, count);
    t.match(await post(path, { ...body, event: 'cancel' }, headers), { status: 422 });
  }
});

t.test('a run says with its own token what an agent may say, as itself', async (t) => {
  for (const where of [{ socket: server.socket }, { port: server.port }]) {
    const say = (path: string, body: object) =>
      call(where, 'POST', path, { headers: asRun, body: JSON.stringify(body) });

    t.equal((await say(events, { event: 'task_finished', task: 1 })).status, 200);
    t.match(lastTold(), { method: 'say', runId: 'run_1' });
    t.equal((await say(signals, { plan: 'auth', event: 'review-changes', body: 'x' })).status, 201);
    t.match(lastTold(), { method: 'signal', runId: 'run_1' });
    t.equal((await say(events, { event: 'task_merged' })).status, 200, 'the plan judges what is left');
  }
});

t.test('what is a person’s to say is refused to a run, however it is spelt', async (t) => {
  const before = server.services.toldOfPlans.length;
  const spelt = operatorPlanEvents.flatMap((name) => [
    name,
    name.replaceAll('_', '-'),
    name.toUpperCase(),
    name.replaceAll('_', '-').toUpperCase(),
  ]);

  for (const event of [...spelt, 'start', 'implement', 'done', 'Done']) {
    for (const path of [events, signals]) {
      const said = await post(path, path === events ? { event } : { plan: 'auth', event }, asRun);
      t.match(said, { status: 403, json: { code: 'forbidden' } }, `${event} to ${path}`);
    }
  }
  t.equal(server.services.toldOfPlans.length, before, 'no plan was told');
});

/** Every way to write, with the route's parameters filled in. */
const writes = Object.values<RouteSpec>(routes)
  .filter(({ method }) => method !== 'GET')
  .map(({ method, path, access, id }) => ({ method, access, id, path: path.replaceAll(/\{\w+\}/g, 'x') }));

t.test('a run’s token is refused on every write but those that are for runs', async (t) => {
  t.ok(writes.length > 15);
  t.strictSame(
    writes.filter(({ access }) => access === 'run').map(({ id }) => id),
    ['plansSay', 'signalsSend'],
  );
  for (const where of [{ socket: server.socket }, { port: server.port }]) {
    for (const { method, path, access, id } of writes) {
      const calls = server.services.calls.length;
      const answer = await call(where, method, path, { headers: asRun, body: '{}' });
      if (access === 'run') t.match(answer, { status: 400 }, `${id} is reached`);
      else {
        t.match(answer, { status: 403, json: { code: 'forbidden' } }, id);
        t.equal(server.services.calls.length, calls, `${id} calls nothing`);
      }
    }
  }
});

t.test('a read-only token says nothing of a plan either', async (t) => {
  const headers = { ...json, authorization: `Bearer ${readToken}` };
  const before = server.services.toldOfPlans.length;

  for (const { method, path, id } of writes)
    t.match(await call(server, method, path, { headers, body: '{}' }), { status: 403 }, id);
  t.equal(server.services.toldOfPlans.length, before);
  const admin = { ...json, authorization: `Bearer ${adminToken}` };
  t.equal((await post(events, { event: 'cancel' }, admin)).status, 200);
});

t.test('no other spelling of those paths opens anything to a run', async (t) => {
  const near = [
    `${events}/`,
    `${events}/x`,
    '/v1/repos/demo/plans/auth/%65vents',
    '/v1/repos/demo/plans/auth/Events',
    '/v1/repos/demo/plans/a%2fb/events',
    '/v1/repos/demo/plans/../events',
    '/v1/repos/demo/x/plans/auth/events',
    '/v1/repos//plans/auth/events',
    `${signals}/`,
    `${signals}/x`,
    `${signals}/x/retry`,
    '/V1/repos/demo/signals',
    `/x${signals}`,
  ];
  const before = server.services.calls.length;

  for (const path of near) {
    const { status } = await post(path, { plan: 'auth', event: 'task_finished' }, asRun);
    t.ok(status === 403 || status === 400, `${path}: ${status}`);
  }
  for (const method of ['PUT', 'PATCH', 'DELETE'])
    t.match(await call(server, method, events, { headers: asRun, body: '{}' }), { status: 403 }, method);
  t.equal(server.services.calls.length, before);
});

t.end();
