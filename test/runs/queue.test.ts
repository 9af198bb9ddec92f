import t from 'tap';
import { planQueue } from '../../src/domain/runs/queue.ts';
import type { QueueRow } from '../../src/foundation/store/index.ts';

const run = (key: number, status: QueueRow['status'], repoId: string | null = null): QueueRow => ({
  key,
  status,
  repoId,
  project: repoId,
  reason: null,
});

t.test('starts the oldest first, up to the limit of the machine', (t) => {
  const plan = planQueue([run(1, 'running'), run(2, 'queued'), run(3, 'queued'), run(4, 'queued')], {
    maxRuns: 3,
    maxRunsPerRepo: 3,
  });

  t.same(plan.launch, [2, 3]);
  t.match(plan.waiting.get(4), /3 runs are at work/);
  t.end();
});

t.test('a repository at its limit does not hold the runs of others', (t) => {
  const live = [run(1, 'waiting', 'a'), run(2, 'queued', 'a'), run(3, 'queued', 'b'), run(4, 'queued')];

  const plan = planQueue(live, { maxRuns: 4, maxRunsPerRepo: 1 });

  t.same(plan.launch, [3, 4]);
  t.match(plan.waiting.get(2), /1 run is at work in a,/);
  t.end();
});

t.test('every live state but queued counts as at work', (t) => {
  for (const status of ['starting', 'running', 'waiting'] as const) {
    const plan = planQueue([run(1, status), run(2, 'queued')], { maxRuns: 1, maxRunsPerRepo: 1 });
    t.same(plan.launch, [], status);
  }
  t.end();
});
