import t from 'tap';
import { createHistogram } from '../../src/base/index.ts';

t.test('values fall into the bucket whose bound they do not exceed', async (t) => {
  const histogram = createHistogram([1, 5, 10]);

  for (const value of [0, 1, 1.5, 5, 11]) histogram.observe(value);

  t.same(histogram.read(), { bounds: [1, 5, 10], counts: [2, 4, 4], sum: 18.5, count: 5 });
});

t.test('a reading does not change with what comes later', async (t) => {
  const histogram = createHistogram([1]);
  const before = histogram.read();

  histogram.observe(1);

  t.same(before, { bounds: [1], counts: [0], sum: 0, count: 0 });
});
