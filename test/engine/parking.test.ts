import { writeFile } from 'node:fs/promises';
import type { Event } from '../../src/contract/index.ts';
import { inWorld } from '../support/engine.ts';
import { movableClock } from '../support/movable-clock.ts';

const hourMs = 3_600_000;
const waits = (events: readonly Event[]) => events.filter(({ type }) => type === 'run.waiting');
const goOns = async (heard: Promise<readonly string[]>) =>
  (await heard).filter((line) => line.includes('Continue where you left off.')).length;

inWorld(
  'a run refused by its provider waits until the limit resets, and goes on by itself',
  async (t, world) => {
    const time = movableClock();
    const engine = world.engine(time.options);
    const run = await engine.claude(`say:begun limit:${hourMs}`);

    const parked = await engine.reached(run.id, 'waiting');
    t.match(parked, {
      waiting_on: 'rate_limit',
      reason: /^Goes on by itself at 20.*: The model’s provider refused until 20/,
    });
    const [waiting] = waits(await engine.events(run.id));
    t.match(waiting?.data, { waiting_on: 'rate_limit', until: /^20.*Z$/ });
    t.equal(await goOns(world.heard()), 0);
    time.both(hourMs + 2000);
    const end = await engine.ended(run.id);

    t.match(end, { status: 'succeeded', waiting_on: null });
    t.equal(await goOns(world.heard()), 1);
    t.ok((await engine.types(run.id)).includes('run.resumed'));
  },
);

inWorld('a parked run survives the daemon, and is resumed once', async (t, world, engine) => {
  const run = await engine.claude(`limit:${hourMs}`);
  await engine.reached(run.id, 'waiting');
  await engine.close();

  const time = movableClock();
  time.wall(hourMs + 2000);
  const next = world.engine(time.options);
  next.runs.recover();

  t.match(await next.ended(run.id), { status: 'succeeded' });
  t.equal(await goOns(world.heard()), 1);
});

inWorld('a clock that is set back does not hold a parked run longer', async (t, world) => {
  const time = movableClock();
  const engine = world.engine(time.options);
  const run = await engine.claude(`limit:${hourMs}`);
  await engine.reached(run.id, 'waiting');
  await time.look();

  time.wall(-20 * hourMs);
  time.both(hourMs + 2000);

  t.match(await engine.ended(run.id), { status: 'succeeded' });
  t.equal(await goOns(world.heard()), 1);
});

inWorld(
  'a message sets a parked run going at once, in place of the word to go on',
  async (t, world, engine) => {
    const run = await engine.claude(`limit:${hourMs}`);
    await engine.reached(run.id, 'waiting');

    await engine.runs.send(run.id, 'say:instead');

    t.match(await engine.ended(run.id), { status: 'succeeded', result: 'instead' });
    t.equal(await goOns(world.heard()), 0);
  },
);

inWorld('a parked run is cancelled like any other', async (t, world, engine) => {
  const run = await engine.claude(`limit:${hourMs}`);
  await engine.reached(run.id, 'waiting');

  t.equal(await engine.runs.cancel(run.id, 'ada'), 'canceled');
  t.same(await world.survivors(run.id), []);
});

inWorld(
  'an agent that leaves while it is parked ends the run, which says until when',
  async (t, _, engine) => {
    const run = await engine.claude(`limit:${hourMs}`);
    await engine.reached(run.id, 'waiting');
    process.kill(engine.runs.row(run.id).pid ?? 0, 'SIGKILL');

    t.match(await engine.ended(run.id), {
      status: 'failed',
      error: {
        code: 'rate_limited',
        message: /^The agent was ended by SIGKILL while it waited until 20.*Z: /,
      },
    });
  },
);

inWorld('a parked run holds no place in the queue, and is not idle', async (t, world) => {
  const time = movableClock();
  const engine = world.engine({
    ...time.options,
    limits: { pollMs: 20, idleMs: 60_000 },
    queueLimits: { maxRuns: 1 },
  });
  const parked = await engine.claude(`limit:${hourMs}`);
  await engine.reached(parked.id, 'waiting');
  const other = await engine.sh('true');

  t.match(await engine.ended(other.id), { status: 'succeeded' });
  time.both(hourMs / 2);
  const later = await engine.sh(`while [ ! -e ${world.home}/go ]; do sleep 0.01; done`);
  await engine.reached(later.id, 'running');
  t.match(engine.runs.show(parked.id), { status: 'waiting' });
  time.both(hourMs / 2 + 2000);
  t.match(
    await engine.ended(parked.id),
    { status: 'succeeded' },
    'it goes on beside the one that took its place',
  );
  await writeFile(`${world.home}/go`, '');
  await engine.ended(later.id);
});

inWorld('run_timeout counts while a run is parked', async (t, world) => {
  const time = movableClock();
  const engine = world.engine(time.options);
  const run = await engine.claude(`limit:${hourMs}`, { timeout: '10m' });
  await engine.reached(run.id, 'waiting');

  time.both(601_000);

  t.match(await engine.ended(run.id), { status: 'failed', error: { code: 'run_timeout' } });
});
