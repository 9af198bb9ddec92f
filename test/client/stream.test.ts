import t from 'tap';
import { createClient, followRun } from '../../src/client/index.ts';
import { type Event, isAppError } from '../../src/contract/index.ts';
import { beginStream, fakeDaemon, problem } from '../support/fake-daemon.ts';
import { anEndedRun, anEvent, aRun } from '../support/resources.ts';

const run = aRun();
const eventsPath = `GET /v1/runs/${run.id}/events`;

/** The same numbers for the same seed, so that a failure can be run again. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

void t.test('a stream that is cut at random places yields each event once and in order', async (t) => {
  const seed = Number(process.env.DROVER_TEST_SEED ?? 20260102);
  t.comment(`seed ${seed}`);
  const random = randomOf(seed);
  const total = 300;
  let cuts = 0;
  const daemon = await fakeDaemon({
    [eventsPath]: (request, response) => {
      const after = Number(request.headers['last-event-id'] ?? request.query.get('after') ?? 0);
      const send = beginStream(response);
      const stopAt = after + 1 + Math.floor(random() * 12);
      // A daemon may send again what the reader has seen: it must not be shown twice.
      for (let seq = Math.max(1, after - 2); seq <= Math.min(total, stopAt); seq++)
        send(anEvent(seq, 'message.delta'));
      if (stopAt >= total) return response.end();
      cuts++;
      response.write(`id: ${stopAt + 1}\nevent: message.delta\ndata: {"seq":`);
      setImmediate(() => response.destroy());
    },
  });
  t.teardown(daemon.close);
  const client = createClient({ kind: 'socket', path: daemon.socket, token: undefined });

  const seen: number[] = [];
  for await (const event of client.stream('runsEvents', { params: { run: run.id }, clock: noWait }))
    seen.push(event.seq);

  t.strictSame(
    seen,
    Array.from({ length: total }, (_, index) => index + 1),
  );
  t.ok(cuts > 10, `${cuts} cuts`);
});

void t.test('a run is followed across a stream that ends while it goes on', async (t) => {
  let streams = 0;
  const daemon = await fakeDaemon({
    [eventsPath]: (request, response) => {
      streams++;
      const send = beginStream(response);
      const after = Number(request.headers['last-event-id'] ?? 0);
      if (after < 1) send(anEvent(1, 'run.started'));
      else send(anEvent(2, 'run.finished'));
      response.end();
    },
    [`GET /v1/runs/${run.id}`]: (_request, _response, reply) => reply(streams > 1 ? anEndedRun() : run),
  });
  t.teardown(daemon.close);
  const client = createClient({ kind: 'socket', path: daemon.socket, token: undefined });

  const seen: Event[] = [];
  const events = followRun(client, run.id, { clock: noWait });
  let next = await events.next();
  for (; !next.done; next = await events.next()) seen.push(next.value);

  t.strictSame(
    seen.map((event) => event.type),
    ['run.started', 'run.finished'],
  );
  t.match(next.value, { status: 'succeeded' });
});

void t.test('an error that no retry can mend is thrown at once', async (t) => {
  const daemon = await fakeDaemon({
    [eventsPath]: (_request, _response, reply) =>
      reply(problem('cursor_unknown', 410, 'no such cursor'), 410),
  });
  t.teardown(daemon.close);
  const client = createClient({ kind: 'socket', path: daemon.socket, token: undefined });

  const reading = (async () => {
    for await (const _event of client.stream('runsEvents', { params: { run: run.id } }));
  })();

  await t.rejects(reading, { code: 'cursor_unknown' });
  t.equal(daemon.requests.length, 1);
});

void t.test('a daemon that stays away is given up at the deadline', async (t) => {
  let now = 0;
  const clock = {
    now: () => now,
    monotonic: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const client = createClient({ kind: 'socket', path: '/no/such/drover.sock', token: undefined });

  const reading = (async () => {
    for await (const _event of client.stream('events', { after: 1, reconnectMs: 5000, clock }));
  })();

  await t.rejects(reading, { code: 'daemon_not_running' });
  t.ok(now > 5000 && now < 10_000, `gave up after ${now} ms`);
});

void t.test('a caller who lets go ends the stream without an error', async (t) => {
  const daemon = await fakeDaemon({
    [eventsPath]: (_request, response) => beginStream(response)(anEvent(1, 'run.started')),
  });
  t.teardown(daemon.close);
  const client = createClient({ kind: 'socket', path: daemon.socket, token: undefined });
  const letGo = new AbortController();

  const seen: number[] = [];
  for await (const event of client.stream('runsEvents', { params: { run: run.id }, signal: letGo.signal })) {
    seen.push(event.seq);
    letGo.abort();
  }

  t.strictSame(seen, [1]);
});

void t.test('a call says which problem the daemon has', async (t) => {
  const daemon = await fakeDaemon({
    'GET /v1/status': (_request, _response, reply) =>
      reply(problem('busy', 503, 'Too many connections', { hint: 'try again', open: 64 }), 503),
    'GET /healthz': (_request, response) => response.writeHead(502).end('<html>'),
  });
  t.teardown(daemon.close);
  const client = createClient({ kind: 'socket', path: daemon.socket, token: 'abc' });

  const error = await client.call('status').catch((caught: unknown) => caught);

  t.ok(isAppError(error, 'busy'));
  t.match(error, { message: 'Too many connections', hint: 'try again', exitCode: 7, fields: { open: 64 } });
  t.equal(daemon.requests[0]?.headers.authorization, 'Bearer abc');
  await t.rejects(client.call('healthz'), { code: 'internal' });
});

void t.test('a request that is not answered ends at its deadline', async (t) => {
  const daemon = await fakeDaemon({ 'GET /v1/status': () => {} });
  t.teardown(daemon.close);
  const client = createClient({ kind: 'socket', path: daemon.socket, token: undefined });

  await t.rejects(client.call('status', { deadlineMs: 50 }), { code: 'timeout' });
});

/** A clock whose sleeps take no time. */
const noWait = { now: () => 0, monotonic: () => 0, sleep: async () => {} };
