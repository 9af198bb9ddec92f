import t from 'tap';
import { systemClock } from '../../src/base/index.ts';
import { createTurns, sliceMs, turnsAtOnce } from '../../src/http/sse/turns.ts';
import { until } from '../support/until.ts';

t.test('turns are taken in order, a few at a time, the urgent one first', async (t) => {
  const turns = createTurns(systemClock);
  const begun: string[] = [];
  let finish = () => {};
  const gate = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const work = (name: string) => () => {
    begun.push(name);
    return gate;
  };

  const waiting = Array.from({ length: turnsAtOnce + 2 }, (_, index) => turns.take(work(`${index}`)));
  waiting.push(turns.take(work('urgent'), { isUrgent: true }));
  await until('the first turns', () => begun.length >= turnsAtOnce);
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));

  t.same(begun.length, turnsAtOnce, 'the rest waits');
  t.equal(begun[0], 'urgent');
  finish();
  await Promise.all(waiting);
  t.same(
    begun.slice(1),
    Array.from({ length: turnsAtOnce + 2 }, (_, index) => `${index}`),
  );
});

t.test('everything else gets its chance between two slices', async (t) => {
  let now = 0;
  const turns = createTurns({ ...systemClock, monotonic: () => now });
  let done = 0;
  let most = 0;
  let before = 0;
  const all = Array.from({ length: 40 }, () =>
    turns.take(async () => {
      now += 2;
      done += 1;
    }),
  );
  const watch = () => {
    most = Math.max(most, done - before);
    before = done;
    if (done < all.length) setImmediate(watch);
  };
  setImmediate(watch);
  await Promise.all(all);

  t.ok(most <= sliceMs / 2 + 1, `${most} turns of 2 ms in one round of the loop`);
});

t.test('a turn that throws rejects its own promise and the next one goes on', async (t) => {
  const turns = createTurns(systemClock);

  const failing = turns.take(async () => {
    throw new Error('no page');
  });
  const next = turns.take(async () => 'page');

  await t.rejects(failing, { message: 'no page' });
  t.equal(await next, 'page');
});
