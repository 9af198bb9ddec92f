import t from 'tap';
import type { Clock, ProcessRow } from '../../src/base/index.ts';
import type { TreeUsage } from '../../src/domain/runs/index.ts';
import { createMeter, freshMs, rateGapMs, rateWindowMs } from '../../src/domain/workers/meter.ts';

const row = (pid: number, more: Partial<ProcessRow> = {}): ProcessRow => ({
  pid,
  parentPid: 1,
  groupId: pid,
  sessionId: pid,
  isZombie: false,
  startTime: '1',
  cpuMs: 0,
  reapedCpuMs: 0,
  residentBytes: 1000,
  ...more,
});
const noUnit = { cpuMs: null, residentBytes: null };
const tree = (outside: readonly ProcessRow[], more: Partial<TreeUsage> = {}): TreeUsage => ({
  agentPid: 10,
  inside: [],
  outside,
  unit: noUnit,
  ...more,
});
const run = { runId: 'run_a', folder: '/a' };
const other = { runId: 'run_b', folder: '/b' };

/** A meter over trees that the test sets, and time that passes when it says. */
function makeMeter() {
  const world = { now: 1000, reads: 0, trees: {} as Record<string, TreeUsage> };
  const clock: Clock = {
    now: () => world.now,
    monotonic: () => world.now,
    sleep: async (ms) => {
      world.now += ms;
    },
  };
  const reader = {
    read: async (folders: readonly string[]) => {
      world.reads += 1;
      return new Map(
        folders.flatMap((folder) => Object.entries(world.trees).filter(([name]) => name === folder)),
      );
    },
  };
  return { world, meter: createMeter({ clock, reader }) };
}

t.test('a rate is told at the first look already: by a second one, a moment later', async (t) => {
  const { world, meter } = makeMeter();
  world.trees = { '/a': tree([row(10, { cpuMs: 400 })]) };

  const usage = (await meter.measure([run], { rates: true })).get('run_a');

  t.match(usage, { agentPid: 10, processes: 1, cpuMs: 400, cpuPct: 0, measuredBy: 'processes' });
  t.equal(world.reads, 2);
  t.equal(world.now, 1000 + rateGapMs);
});

t.test('later looks tell the rate since the last one, and need not wait', async (t) => {
  const { world, meter } = makeMeter();
  world.trees = { '/a': tree([row(10)]) };
  await meter.measure([run], { rates: true });
  world.now += 2000;
  world.trees = { '/a': tree([row(10, { cpuMs: 3000 })]) };

  const at = world.now;
  const usage = (await meter.measure([run], { rates: true })).get('run_a');

  t.equal(usage?.cpuPct, 150, 'one and a half cores');
  t.equal(world.now, at, 'it did not wait');
});

t.test('who asks soon, or meanwhile, gets the same look', async (t) => {
  const { world, meter } = makeMeter();
  world.trees = { '/a': tree([row(10)]) };

  await Promise.all([1, 2, 3].map(() => meter.measure([run], { rates: false })));
  t.equal(world.reads, 1, 'asked meanwhile');
  world.now += freshMs - 1;
  await meter.measure([run], { rates: false });
  t.equal(world.reads, 1, 'asked soon');
  world.now += 1;
  await meter.measure([run], { rates: false });
  t.equal(world.reads, 2);
  t.equal((await meter.measure([], { rates: true })).size, 0);
  t.equal(world.reads, 2, 'nothing to measure');
});

t.test('a look of long ago says nothing of now, but what was used then stays counted', async (t) => {
  const { world, meter } = makeMeter();
  world.trees = { '/a': tree([row(10), row(11, { cpuMs: 5000 })]) };
  await meter.measure([run], { rates: true });
  world.now += rateWindowMs + 1;
  world.trees = { '/a': tree([row(10, { cpuMs: 60 })]) };

  const usage = (await meter.measure([run], { rates: true })).get('run_a');

  t.match(usage, { cpuMs: 5060, cpuPct: 0 });
  t.equal(world.reads, 4);
});

t.test('a run that came since the last look is looked at', async (t) => {
  const { world, meter } = makeMeter();
  world.trees = { '/a': tree([row(10)]) };
  await meter.measure([run], { rates: true });
  world.trees = { '/a': tree([row(10)]), '/b': tree([row(20)]) };

  const usages = await meter.measure([run, other], { rates: true });

  t.strictSame([...usages.keys()], ['run_a', 'run_b']);
});

t.test('what the unit counts comes from the unit, what is outside is added', async (t) => {
  const { world, meter } = makeMeter();
  const inside = [row(10, { cpuMs: 1, residentBytes: 100 }), row(11, { isZombie: true, residentBytes: 0 })];
  const outside = [row(12, { cpuMs: 30, residentBytes: 7 })];
  const measure = async (unit: TreeUsage['unit']) => {
    world.now += freshMs;
    world.trees = { '/a': tree(outside, { inside, unit }) };
    return (await meter.measure([run], { rates: false })).get('run_a');
  };

  t.match(await measure({ cpuMs: 5000, residentBytes: 4096 }), {
    processes: 2,
    cpuMs: 5030,
    residentBytes: 4103,
    measuredBy: 'cgroup',
  });
  t.match(
    await measure({ cpuMs: 6000, residentBytes: null }),
    { cpuMs: 6030, residentBytes: 107 },
    'a unit without a memory controller',
  );
});
