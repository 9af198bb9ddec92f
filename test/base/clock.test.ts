import { mock } from 'node:test';
import t from 'tap';
import { maxTimerMs, systemClock } from '../../src/base/clock.ts';

t.test('a sleep that is longer than a timer can be is not over at once', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  let isOver = false;
  const sleeping = systemClock.sleep(2 * maxTimerMs + 5).then(() => {
    isOver = true;
  });
  const pass = async (ms: number) => {
    mock.timers.tick(ms);
    await new Promise((resolve) => setImmediate(resolve));
    return isOver;
  };

  t.equal(await pass(1), false);
  t.equal(await pass(maxTimerMs - 1), false);
  t.equal(await pass(maxTimerMs), false);
  t.equal(await pass(4), false);
  t.equal(await pass(1), true);
  await sleeping;
});

t.test('a sleep of any length can be cut short', async (t) => {
  for (const ms of [1000, maxTimerMs + 1, Number.POSITIVE_INFINITY]) {
    const cut = new AbortController();
    const sleeping = systemClock.sleep(ms, cut.signal);
    cut.abort(new Error('enough'));
    await t.rejects(sleeping, { message: 'enough' }, `${ms}`);
  }
  await t.rejects(systemClock.sleep(1, AbortSignal.abort(new Error('before'))), { message: 'before' });
});
