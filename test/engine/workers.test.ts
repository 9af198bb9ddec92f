import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { systemClock as clock, readProcess } from '../../src/base/index.ts';
import { createTreeReader } from '../../src/domain/runs/index.ts';
import { createMeter, createRemotes, createWorkers } from '../../src/domain/workers/index.ts';
import { type Engine, inWorld, type World } from '../support/engine.ts';
import { until } from '../support/until.ts';

function workersOf({ store, runs, launch }: Engine) {
  return createWorkers({
    store,
    clock,
    meter: createMeter({ clock, reader: createTreeReader() }),
    remotes: createRemotes(clock),
    findRun: runs.row,
    folder: launch.folder,
    host: 'here',
  });
}

const node = process.execPath;
const skip = process.platform !== 'linux' && 'reads /proc';

/** The pid that a run's process wrote into a file of its folder. */
async function writtenPid(world: World, runId: string, name: string): Promise<number> {
  const path = join(world.home, 'scratch', runId, name);
  return until(
    `${name} of ${runId}`,
    async () => Number(await readFile(path, 'utf8').catch(() => '')) || null,
  );
}

function within(
  t: Test,
  value: number | null | undefined,
  [low, high]: readonly [number, number],
  what: string,
) {
  t.ok(typeof value === 'number' && value >= low && value <= high, `${what}: ${value} of ${low} to ${high}`);
}

if (skip === false) {
  inWorld('what a grandchild in a session of its own burns is the run’s', async (t, world, engine) => {
    const workers = workersOf(engine);
    const run = await engine.sh(`setsid sh -c 'echo $$ >burner; while :; do :; done' & sleep 300`);
    await engine.reached(run.id, 'running');
    const pid = await writtenPid(world, run.id, 'burner');
    const truth = async () => (await readProcess(pid))?.cpuMs ?? 0;
    const at = clock.monotonic();
    const before = await truth();

    await workers.list();
    const worker = await until('a look after half a second of CPU', async () => {
      const [seen] = await workers.list();
      return (seen?.cpu_seconds ?? 0) >= (before + 400) / 1000 && seen;
    });
    const [after, spanMs] = [await truth(), clock.monotonic() - at];

    t.match(worker, {
      run_id: run.id,
      processes: 3,
      status: 'running',
      measured_by: 'processes',
      host: 'here',
    });
    within(t, worker?.cpu_seconds, [(before + 400) / 1000, after / 1000 + 0.3], 'seconds of CPU');
    const percent = ((after - before) / spanMs) * 100;
    within(t, worker?.cpu_pct, [percent / 2, percent * 2 + 10], 'per cent of a core');
    t.equal((await workers.show(String(worker?.pid))).run_id, run.id, 'found by its pid');
  });

  inWorld(
    'memory that a child takes is the run’s, and the figures are those of /v1/metrics',
    async (t, world, engine) => {
      const workers = workersOf(engine);
      const grow = `const b = Buffer.alloc(100 * 2 ** 20, 1); require('node:fs').writeFileSync('grown', String(process.pid)); setInterval(() => b[0], 1000)`;
      const small = await engine.sh('sleep 300');
      const large = await engine.sh(`'${node}' -e "${grow.replaceAll('"', '\\"')}"; true`);
      await engine.reached(small.id, 'running');
      const pid = await writtenPid(world, large.id, 'grown');

      const list = await workers.list();
      const memoryOf = (id: string) => list.find((worker) => worker.run_id === id)?.memory_bytes;
      const truth = (await readProcess(pid))?.residentBytes ?? 0;

      t.ok(truth > 100 * 2 ** 20);
      within(t, memoryOf(large.id), [truth * 0.95, truth * 1.05 + 8 * 2 ** 20], 'bytes');
      within(t, memoryOf(small.id), [1, 20 * 2 ** 20], 'bytes');
      const figures = (await workers.figures()).find((figure) => figure.run_id === large.id);
      t.match(figures, {
        pid: Number,
        rss_bytes: Number,
        cpu_seconds: Number,
        cwd: /scratch/,
        age_sec: Number,
      });
    },
  );

  inWorld('a run is a worker from its process to its end', async (t, _, engine) => {
    const workers = workersOf(engine);
    const run = await engine.sh('sleep 300', { name: 'nightly' });
    await engine.reached(run.id, 'running');
    t.match(await workers.show('nightly'), { run_id: run.id, name: 'nightly', runtime: 'command' });
    t.match(await workers.find('nightly'), { kind: 'run', run: { id: run.id } });

    await engine.runs.cancel(run.id, 'the test');

    t.strictSame(await workers.list(), []);
    t.strictSame(await workers.figures(), []);
    await t.rejects(workers.show('nightly'), { code: 'worker_not_found', message: /has ended: canceled/ });
    t.match(await workers.find('nightly'), { kind: 'run', run: { status: 'canceled' } }, 'for its logs');
    await t.rejects(workers.find('nobody'), { code: 'worker_not_found', hint: /drover ps/ });
    await t.rejects(workers.find('999999999'), { code: 'worker_not_found' });
  });

  inWorld(
    'a run in the queue is no worker',
    async (t, _, engine) => {
      const workers = workersOf(engine);
      const first = await engine.sh('sleep 300');
      await engine.reached(first.id, 'running');
      const second = await engine.sh('sleep 300');

      t.strictSame(
        (await workers.list()).map(({ run_id }) => run_id),
        [first.id],
      );
      await t.rejects(workers.show(second.id), { code: 'worker_not_found', message: /waits in the queue/ });
    },
    { queueLimits: { maxRuns: 1 } },
  );

  inWorld('a name that a run and a remote worker have is nobody’s', async (t, _, engine) => {
    const workers = workersOf(engine);
    workers.register({ name: 'builder', url: 'http://10.0.0.7:8080' });
    const run = await engine.sh('sleep 300', { name: 'builder' });
    await engine.reached(run.id, 'running');

    await t.rejects(workers.find('builder'), { code: 'ambiguous_id', hint: new RegExp(run.id) });
    t.match(await workers.find(run.id), { kind: 'run' });
    t.throws(() => workers.register({ name: run.id, url: 'http://a' }), { code: 'invalid_request' });
    t.throws(() => workers.register({ name: '4711', url: 'http://a' }), { code: 'invalid_request' });
    workers.forget('builder');
    t.throws(() => workers.register({ name: 'builder', url: 'http://a' }), { code: 'name_taken' });
    t.match(
      (await workers.list()).map(({ kind }) => kind),
      ['run'],
    );
  });
}
