import t from 'tap';
import { createLoopLagMeter } from '../../src/base/index.ts';
import { until } from '../support/until.ts';

const block = (ms: number) => {
  for (const end = performance.now() + ms; performance.now() < end; );
};

t.test('a loop that was blocked shows in the figures until two windows are over', async (t) => {
  const meter = createLoopLagMeter(300);
  t.teardown(meter.close);
  await new Promise((resolve) => setTimeout(resolve, 30)); // the first beats of the timer

  block(200);
  const lag = await until('the lag', () => meter.read().max > 0.15 && meter.read());

  t.ok(lag.p50 <= lag.p99 && lag.p99 <= lag.max);
  await until('the figures to begin anew', () => meter.read().max < 0.15);
});
