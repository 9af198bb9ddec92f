import t from 'tap';
import { call, startServer } from '../support/http-server.ts';

t.test('the same key gives the same answer, once', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  const post = (path: string, body: string, key = 'key-1') =>
    call(server, 'POST', path, {
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body,
    });

  const first = await post('/v1/runs', '{"prompt":"x"}');
  const again = await post('/v1/runs', '{"prompt":"x"}');
  t.equal(again.status, 201);
  t.equal(again.text, first.text);
  t.equal(again.headers['idempotency-replayed'], 'true');
  t.equal(server.services.calls.filter((name) => name === 'runs.start').length, 1);

  t.match(await post('/v1/runs', '{"prompt":"y"}'), { status: 422, json: { code: 'idempotency_mismatch' } });
  t.match(await post('/v1/runs', '{"prompt":"x"}', 'a b'), { status: 400 });
  const alias = await post('/runs', '{"prompt":"x"}');
  t.strictSame(Object.keys(alias.json), ['run_id'], 'another path is another request');
  t.equal((await post('/runs', '{"prompt":"x"}')).text, alias.text);

  const both = await Promise.all([1, 2, 3].map(() => post('/v1/runs', '{"prompt":"z"}', 'key-2')));
  t.equal(server.services.calls.filter((name) => name === 'runs.start').length, 3);
  for (const { status } of both) t.ok(status === 201 || status === 409);
});
