import t from 'tap';
import { silentLog, systemClock } from '../../src/base/index.ts';
import { createDrain, type DrainStep } from '../../src/daemon/drain.ts';

const draining = (steps: readonly DrainStep[], deadlineMs?: number) =>
  createDrain({
    steps,
    clock: systemClock,
    log: silentLog,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });

t.test('steps run in order, each after the one before is done, once for all callers', async (t) => {
  const order: string[] = [];
  const step = (name: string): DrainStep => ({
    name,
    timeoutMs: 30_000,
    run: async () => {
      order.push(`${name} begins`);
      await new Promise(setImmediate);
      order.push(`${name} ends`);
    },
  });
  const drain = draining([step('a'), step('b')]);

  const [first, second] = await Promise.all([drain('SIGTERM'), drain('shutdown')]);

  t.same(order, ['a begins', 'a ends', 'b begins', 'b ends']);
  t.same(first, { unfinished: [] });
  t.equal(first, second);
});

t.test('a step that throws, rejects or hangs is named and the later ones still run', async (t) => {
  let told = false;
  let isLastRun = false;
  const steps: DrainStep[] = [
    {
      name: 'throws',
      timeoutMs: 30_000,
      run: () => {
        throw new Error('now');
      },
    },
    { name: 'rejects', timeoutMs: 30_000, run: () => Promise.reject(new Error('later')) },
    { name: 'rejects with nothing', timeoutMs: 30_000, run: () => Promise.reject() },
    {
      name: 'hangs',
      timeoutMs: 10,
      run: (signal) => {
        signal.addEventListener('abort', () => {
          told = true;
        });
        return new Promise(() => {});
      },
    },
    {
      name: 'last',
      timeoutMs: 30_000,
      run: () => {
        isLastRun = true;
      },
    },
  ];

  const { unfinished } = await draining(steps)('SIGTERM');

  t.same(unfinished, ['throws', 'rejects', 'rejects with nothing', 'hangs']);
  t.ok(told, 'the hanging step is told to give up');
  t.ok(isLastRun);
});

t.test('all together end at the deadline, and what only has to be freed is freed', async (t) => {
  const hang = (name: string): DrainStep => ({ name, timeoutMs: 60_000, run: () => new Promise(() => {}) });
  let isFreed = false;
  const free: DrainStep = {
    name: 'free',
    timeoutMs: 30_000,
    run: () => {
      isFreed = true;
    },
  };
  const startedAt = performance.now();

  const { unfinished } = await draining([hang('a'), hang('b'), free], 50)('SIGTERM');

  t.ok(performance.now() - startedAt < 30_000, 'not the minute that a step may take');
  t.same(unfinished, ['a', 'b']);
  t.ok(isFreed);
});
