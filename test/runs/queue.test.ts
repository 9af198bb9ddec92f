import fc from 'fast-check';
import t from 'tap';
import { planQueue, type QueueLimits } from '../../src/domain/runs/queue.ts';
import type { QueueRow } from '../../src/foundation/store/index.ts';
import { createRandom } from '../support/random.ts';

const run = (key: number, status: QueueRow['status'], more: Partial<QueueRow> = {}): QueueRow => ({
  key,
  id: `run_${key}`,
  status,
  agent: 'claude',
  runtime: 'claude',
  repoId: null,
  project: more.repoId ?? null,
  placeOf: null,
  reason: null,
  isParked: false,
  ...more,
});

const limitsOf = (limits: Partial<QueueLimits>): QueueLimits => ({
  maxRuns: 8,
  maxRunsPerRepo: 8,
  maxRunsPerAgent: new Map(),
  whyNotToday: null,
  ...limits,
});

t.test('starts the oldest first, up to the limit of the machine', (t) => {
  const plan = planQueue(
    [run(1, 'running'), run(2, 'queued'), run(3, 'queued'), run(4, 'queued')],
    limitsOf({ maxRuns: 3 }),
  );

  t.same(plan.launch, [2, 3]);
  t.equal(plan.waiting.get(4), 'Waiting: 3 runs are at work, as many as max_parallel_runs allows');
  t.end();
});

t.test('a repository at its limit does not hold the runs of others', (t) => {
  const a = { repoId: 'a' };
  const live = [
    run(1, 'waiting', a),
    run(2, 'queued', a),
    run(3, 'queued', { repoId: 'b' }),
    run(4, 'queued'),
  ];

  const plan = planQueue(live, limitsOf({ maxRuns: 4, maxRunsPerRepo: 1 }));

  t.same(plan.launch, [3, 4]);
  t.equal(
    plan.waiting.get(2),
    'Waiting: 1 run is at work in a, as many as max_parallel_runs_per_repo allows',
  );
  t.end();
});

t.test('an agent at its limit does not hold the runs of others', (t) => {
  const live = [run(1, 'running'), run(2, 'queued'), run(3, 'queued', { agent: 'codex' }), run(4, 'queued')];

  const plan = planQueue(live, limitsOf({ maxRunsPerAgent: new Map([['claude', 1]]) }));

  t.same(plan.launch, [3]);
  t.equal(
    plan.waiting.get(4),
    'Waiting: 1 run is at work with claude, as many as [agents.claude] max_parallel allows',
  );
  t.end();
});

t.test('runs of one session come one after the other, each told which is before it', (t) => {
  const inPlace = { placeOf: 'run_1' };
  const first = run(1, 'running');
  const second = run(2, 'queued', inPlace);
  const third = run(3, 'queued', inPlace);
  const other = run(4, 'queued');

  const plan = planQueue([first, second, third, other], limitsOf({}));
  const later = planQueue([second, third, other], limitsOf({}));

  t.same(plan.launch, [4]);
  t.equal(plan.waiting.get(2), 'Waiting: run_1 of the same session comes first');
  t.equal(plan.waiting.get(3), 'Waiting: run_2 of the same session comes first');
  t.same(later.launch, [2, 4], 'the first run is gone, its place is not');
  t.end();
});

t.test('a run that rests after a failed launch was overtaken in its own session', (t) => {
  const live = [run(1, 'queued'), run(2, 'queued', { placeOf: 'run_1' }), run(3, 'queued')];

  const plan = planQueue(live, limitsOf({}), (key) => key === 1);

  t.same(plan.launch, [3]);
  t.same([...plan.waiting.keys()], [2], 'what rests has a reason already');
  t.end();
});

t.test('every live state but queued counts as at work', (t) => {
  for (const status of ['starting', 'running', 'waiting'] as const) {
    const plan = planQueue([run(1, status), run(2, 'queued')], limitsOf({ maxRuns: 1 }));
    t.same(plan.launch, [], status);
  }
  t.end();
});

const anyQueue = fc
  .array(
    fc.record({
      status: fc.constantFrom<QueueRow['status']>('queued', 'queued', 'queued', 'running', 'waiting'),
      agent: fc.constantFrom('claude', 'codex'),
      repoId: fc.constantFrom(null, 'a', 'b'),
      /** Works in the place of one of the first runs; those that come before it in the list have their own. */
      place: fc.option(fc.nat(5)),
      isHeld: fc.boolean(),
    }),
    { minLength: 5, maxLength: 40, size: 'max' },
  )
  .map((shapes) => {
    const placesAtWork = new Set<string>();
    return shapes.map(({ place, status, agent, repoId, isHeld }, index) => {
      const placeOf = place === null || place >= index ? null : `run_${place}`;
      const where = placeOf ?? `run_${index}`;
      const isAtWork = status !== 'queued' && !placesAtWork.has(where);
      if (isAtWork) placesAtWork.add(where);
      const row = run(index, isAtWork ? status : 'queued', { agent, repoId, placeOf });
      return { row, isHeld: isHeld && !isAtWork };
    });
  });
const anyLimits = fc
  .record({
    maxRuns: fc.integer({ min: 1, max: 12 }),
    maxRunsPerRepo: fc.integer({ min: 1, max: 6 }),
    claude: fc.option(fc.integer({ min: 1, max: 4 })),
  })
  .map(({ claude, ...limits }): QueueLimits => {
    const perAgent: readonly (readonly [string, number])[] = claude === null ? [] : [['claude', claude]];
    return { ...limits, maxRunsPerAgent: new Map(perAgent), whyNotToday: null };
  });

t.test('whatever waits in whatever order, the plan keeps each limit and passes over nobody', async (t) => {
  const { seed } = createRandom();
  t.comment(`seed ${seed}`);
  let waited = 0;
  let started = 0;

  fc.assert(
    fc.property(anyQueue, anyLimits, (queue, limits) => {
      const rows = queue.map(({ row }) => row);
      const held = new Set(queue.filter((one) => one.isHeld).map(({ row }) => row.key));
      const plan = planQueue(rows, limits, (key) => held.has(key));
      const launched = new Set(plan.launch);
      waited += plan.waiting.size;
      started += launched.size;
      const mostOf = (agent: string) => limits.maxRunsPerAgent.get(agent) ?? Number.POSITIVE_INFINITY;
      /** At work once the runs older than `key` are launched that the plan launches. */
      const before = (key: number, like: (row: QueueRow) => boolean) =>
        rows.filter(
          (row) => like(row) && (row.status !== 'queued' || (row.key < key && launched.has(row.key))),
        ).length;
      const isFull = ({ key, repoId, agent }: QueueRow) =>
        before(key, () => true) >= limits.maxRuns ||
        (repoId !== null && before(key, (row) => row.repoId === repoId) >= limits.maxRunsPerRepo) ||
        before(key, (row) => row.agent === agent) >= mostOf(agent);
      const placeOf = (row: QueueRow) => row.placeOf ?? row.id;
      const isBehind = (run: QueueRow) =>
        rows.some(
          (row) =>
            row !== run && placeOf(row) === placeOf(run) && (row.status !== 'queued' || row.key < run.key),
        );

      if (plan.launch.some((key, index) => key <= (plan.launch[index - 1] ?? -1)))
        throw new Error('out of order');
      for (const row of rows) {
        const mayStart = row.status === 'queued' && !held.has(row.key) && !isBehind(row) && !isFull(row);
        if (launched.has(row.key) !== mayStart)
          throw new Error(`${row.id} ${mayStart ? 'starved' : 'began'}`);
        const hasReason = plan.waiting.has(row.key);
        const shouldWait = row.status === 'queued' && !held.has(row.key) && !mayStart;
        if (hasReason !== shouldWait) throw new Error(`${row.id} waits without a word`);
      }
    }),
    { seed, numRuns: 1000 },
  );

  t.ok(waited > 1000 && started > 100, `${waited} waited, ${started} were started`);
});

t.test('a long queue is looked at once', (t) => {
  const rows = Array.from({ length: 20_000 }, (_, key) =>
    run(key, key < 8 ? 'running' : 'queued', key % 2 === 0 ? {} : { placeOf: 'run_1' }),
  );
  let looks = 0;

  const plan = planQueue(rows, limitsOf({ maxRuns: 10 }), () => {
    looks += 1;
    return false;
  });

  t.equal(plan.launch.length, 2);
  t.equal(looks, rows.length - 8);
  t.end();
});

t.test('a run parked at its provider’s limit holds its session, and no place beside it', (t) => {
  const live = [
    run(1, 'waiting', { isParked: true }),
    run(2, 'queued', { placeOf: 'run_1' }),
    run(3, 'queued'),
    run(4, 'queued'),
  ];

  const plan = planQueue(live, limitsOf({ maxRuns: 1, maxRunsPerAgent: new Map([['claude', 1]]) }));

  t.same(plan.launch, [3]);
  t.match(plan.waiting.get(2), /run_1 of the same session comes first/);
  t.match(plan.waiting.get(4), /1 run is at work, as many as max_parallel_runs allows/);
  t.end();
});

t.test('while the budget of the day is used up, only what uses none of it starts', (t) => {
  const live = [
    run(1, 'queued'),
    run(2, 'queued', { runtime: 'command' }),
    run(3, 'queued', { runtime: 'terminal' }),
  ];

  const plan = planQueue(live, limitsOf({ whyNotToday: 'Waiting: no more today' }));

  t.same(plan.launch, [2, 3]);
  t.same([...plan.waiting], [[1, 'Waiting: no more today']]);
  t.end();
});
