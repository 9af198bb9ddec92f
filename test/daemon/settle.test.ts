import t from 'tap';
import { createBus } from '../../src/base/index.ts';
import { leastEvents, settleWhenQuiet } from '../../src/daemon/settle.ts';
import { until } from '../support/until.ts';

t.test('memory is settled once after much was journaled, and not after a little', async (t) => {
  const bus = createBus();
  const settledAt: number[] = [];
  let last = 100;
  const settle = () => settledAt.push(last);
  const stop = settleWhenQuiet({ subscribe: bus.subscribe, lastSeq: last, settle, quietMs: 20 });
  const publish = (count: number) => {
    last += count;
    bus.publish(last);
  };

  publish(leastEvents - 1);
  for (let index = 0; index < 3; index += 1) publish(1);
  await until('the first time', () => settledAt.length === 1);
  publish(leastEvents - 1);
  publish(leastEvents);
  await until('the second time', () => settledAt.length === 2);
  publish(leastEvents);
  stop();
  await new Promise((resolve) => setTimeout(resolve, 40));

  t.same(settledAt, [102 + leastEvents, 101 + 3 * leastEvents], 'and not once it was stopped');
});
