import { writeFile } from 'node:fs/promises';
import t from 'tap';
import { systemClock } from '../../src/base/index.ts';
import { createGuard, floodGraceMs, stopGraceMs } from '../../src/domain/runs/live/guard.ts';
import { inWorld } from '../support/engine.ts';
import { quickTime } from '../support/quick-time.ts';
import { until } from '../support/until.ts';

inWorld('a run is stopped at its time limit, with that reason', async (t, world, engine) => {
  const run = await engine.sh('sleep 30', { timeout: '200ms' });

  t.match(await engine.ended(run.id), {
    status: 'failed',
    reason: 'Stopped after its time limit of 0.2 s',
    error: { code: 'run_timeout' },
    signal: 'SIGTERM',
  });
  t.same(await world.survivors(run.id), []);
});

inWorld('time goes on while no daemon is there', async (t, world, engine) => {
  const run = await engine.sh('sleep 30', { timeout: '1h' });
  await engine.reached(run.id, 'running');
  await engine.close();

  const later = world.engine({
    change: () => ({ clock: { ...systemClock, now: () => systemClock.now() + 3_700_000 } }),
  });
  later.runs.recover();

  t.match(await later.ended(run.id), { status: 'failed', error: { code: 'run_timeout' } });
});

inWorld(
  'a run that ended in time while no daemon was there was stopped for its time limit',
  async (t, world, engine) => {
    const run = await engine.sh(`while [ ! -e ${world.home}/go ]; do sleep 0.01; done`, { timeout: '1h' });
    await engine.reached(run.id, 'running');
    await engine.close();
    await writeFile(`${world.home}/go`, '');

    const later = world.engine({
      change: () => ({ clock: { ...systemClock, now: () => systemClock.now() + 3_700_000 } }),
    });
    await until('its end', async () => (await later.launch.inspect(later.runs.row(run.id))).kind === 'ended');
    later.runs.recover();

    t.match(await later.ended(run.id), { status: 'succeeded', error: null });
  },
);

inWorld('a run that says nothing is stopped as idle; one that goes on talking is not', async (t, world) => {
  const time = quickTime({ idleMs: 60_000, pollMs: 20 });
  const engine = world.engine(time.options);
  const silent = await engine.sh('echo hello; sleep 30');
  const wait = `while [ ! -e ${world.home}/say$i ]; do sleep 0.01; done`;
  const talking = await engine.sh(`for i in 1 2 3 4; do ${wait}; echo $i; done; i=5; ${wait}`);
  const linesOf = async (id: string) =>
    (await engine.types(id)).filter((type) => type === 'output.stdout').length;
  await until('the first line', async () => (await linesOf(silent.id)) === 1);

  for (let line = 1; line <= 4; line += 1) {
    await writeFile(`${world.home}/say${line}`, '');
    await until('its line', async () => (await linesOf(talking.id)) >= line);
    await time.pass(40_000);
  }
  await writeFile(`${world.home}/say5`, '');

  t.match(await engine.ended(silent.id), { error: { code: 'idle_timeout' }, result: 'hello' });
  t.match(await engine.ended(talking.id), { status: 'succeeded', result: '4' });
});

inWorld(
  'a flood is stopped at run_output_limit, and what was left out is said',
  async (t, world, engine) => {
    const run = await engine.sh('yes; echo never');
    const end = await engine.ended(run.id);

    t.match(end, {
      status: 'failed',
      error: { code: 'output_limit' },
      reason: /run_output_limit \(1000000 bytes\)/,
    });
    t.same(await world.survivors(run.id), []);
    const events = await engine.events(run.id);
    const truncated = events.filter((event) => event.type === 'output.truncated');
    t.match(truncated, [{ data: { stream: 'stdout', reason: 'The run wrote more than run_output_limit' } }]);
    const told = events.filter((event) => event.type === 'output.stdout');
    const bytes = told.reduce((sum, event) => sum + Number(event.data.bytes), 0);
    t.ok(bytes >= 1_000_000 && bytes < 1_600_000, `${bytes} bytes in the journal`);
    t.equal(truncated[0]?.data.offset, bytes, 'what was left out begins where the journal stops');
  },
  { limits: { outputBytes: 1_000_000, pollMs: 20 } },
);

inWorld(
  'a flood on stdout kept stderr from being read',
  async (t, _, engine) => {
    const run = await engine.sh('echo help >&2; yes');

    await until('stderr', async () => (await engine.types(run.id)).includes('output.stderr'));
    t.equal(await engine.runs.cancel(run.id, 'test'), 'canceled');
  },
  { limits: { outputBytes: 2 ** 28, pollMs: 20 } },
);

inWorld(
  'runs beyond a repository’s limit wait with that reason, and start when there is room',
  async (t, world, engine) => {
    const hold = `while [ ! -e ${world.home}/go ]; do sleep 0.01; done`;
    const first = await engine.sh(hold, { repo: 'shop' });
    const second = await engine.sh('true', { repo: 'shop' });
    const other = await engine.sh('true', { repo: 'blog' });

    await engine.ended(other.id);
    t.match(engine.runs.show(second.id), {
      status: 'queued',
      reason: 'Waiting: 1 run is at work in shop, as many as max_parallel_runs_per_repo allows',
    });
    await writeFile(`${world.home}/go`, '');
    await engine.ended(first.id);

    t.match(await engine.ended(second.id), { status: 'succeeded', reason: null });
  },
  { queueLimits: { maxRunsPerRepo: 1 } },
);

t.test('who floods gets less time to leave than who is stopped for anything else', async (t) => {
  const guard = createGuard({
    clock: systemClock,
    limits: () => ({ outputBytes: 10, idleMs: 0, pollMs: 20 }),
    run: { startedAt: null, timeoutMs: 0 },
    lastOutputAt: () => 0,
  });
  const running = {
    status: 'running',
    stopKind: null,
    parkedUntil: null,
    costUsd: null,
    tokens: 0,
    hasOutcome: false,
  } as const;

  t.equal(guard(running, 10), null);
  t.match(guard(running, 11), { kind: 'stop', because: 'output_limit' });
  t.ok(floodGraceMs < 1000, 'run_output_limit plus at most a second of output');
  t.same(guard({ ...running, stopKind: 'output_limit' }, 11), { kind: 'end_tree', graceMs: floodGraceMs });
  t.same(guard({ ...running, stopKind: 'cancel' }, 11), { kind: 'end_tree', graceMs: stopGraceMs });
});
