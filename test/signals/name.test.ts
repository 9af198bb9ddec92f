import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { type PlanEventName, planEvents, planNamePattern } from '../../src/contract/index.ts';
import { formatSignalName, parseSignalName, type SignalName } from '../../src/domain/signals/index.ts';
import { createRandom } from '../support/random.ts';

const { seed } = createRandom();
t.comment(`seed ${seed}: repeat with DROVER_TEST_SEED=${seed}`);

const plain: Readonly<Partial<Record<PlanEventName, string>>> = {
  planner_finished: 'planner-finished-',
  implement_finished: 'implement-finished-',
  review_approved: 'review-approved-',
  review_changes_requested: 'review-changes-',
  verify_approved: 'verify-approved-',
  verify_failed: 'verify-failed-',
  needs_decision: 'needs-decision-',
  elaborator_finished: 'elaborator-finished-',
};
const heads = [...Object.values(plain), 'implement-wave-', 'implement-task-finished-'];

t.test('each name of the contract says its event', async (t) => {
  for (const [event, head] of Object.entries(plain))
    t.same(parseSignalName(`${head}my-plan`), { event, plan: 'my-plan', wave: null, task: null });
  t.same(parseSignalName('implement-wave-3-my-plan'), {
    event: 'wave_start',
    plan: 'my-plan',
    wave: 3,
    task: null,
  });
  t.same(parseSignalName('implement-task-finished-w2-t9999-my-plan'), {
    event: 'task_finished',
    plan: 'my-plan',
    wave: 2,
    task: 9999,
  });
});

t.test('a plan that is called like a part of a name is still the plan', async (t) => {
  const cases: Record<string, readonly [PlanEventName, string, number | null, number | null]> = {
    'implement-finished-wave-1-x': ['implement_finished', 'wave-1-x', null, null],
    'implement-finished-task-finished-w1-t1-x': ['implement_finished', 'task-finished-w1-t1-x', null, null],
    'implement-wave-1-2-x': ['wave_start', '2-x', 1, null],
    'implement-wave-1-wave-2-x': ['wave_start', 'wave-2-x', 1, null],
    'implement-task-finished-w1-t2-t3-x': ['task_finished', 't3-x', 1, 2],
    'implement-wave-1-2': ['wave_start', '2', 1, null],
    'planner-finished-planner-finished-x': ['planner_finished', 'planner-finished-x', null, null],
    'review-approved-x.reason': ['review_approved', 'x.reason', null, null],
    'review-approved-a..b': ['review_approved', 'a..b', null, null],
  };
  for (const [name, [event, plan, wave, task]] of Object.entries(cases)) {
    t.same(parseSignalName(name), { event, plan, wave, task }, name);
  }
});

t.test('anything else says nothing', async (t) => {
  const strange = [
    '',
    'planner-finished',
    'planner-finished-',
    'planner-finished--x',
    'planner-finished-x-',
    'planner-finished-X',
    'Planner-finished-x',
    'planner_finished-x',
    'planner-finished-x\n',
    'planner-finished-x\0',
    'planner-finished-x/y',
    'planner-finished-../x',
    'planner-finished-..',
    'planner-finished-x~y',
    'planner-finished-ä',
    'planner-finished-x y',
    ' planner-finished-x',
    'xplanner-finished-x',
    '.planner-finished-x',
    `planner-finished-${'x'.repeat(65)}`,
    'implement-wave-x',
    'implement-wave-0-x',
    'implement-wave-01-x',
    'implement-wave-10000-x',
    'implement-wave--1-x',
    'implement-wave-1',
    'implement-wave-1-',
    'implement-wave-١-x',
    'implement-wave-W-x',
    'implement-task-finished-x',
    'implement-task-finished-w1-x',
    'implement-task-finished-w0-t1-x',
    'implement-task-finished-w1-t00-x',
    'implement-task-finished-w1-t12345-x',
    'implement-task-finished-w1-t1-',
    'implement-task-finished-W1-T1-x',
    'cancel-x',
    'mark-done-x',
    'start-over-x',
    'staging',
    '__proto__',
    'constructor',
  ];
  for (const name of strange) t.equal(parseSignalName(name), null, JSON.stringify(name));
  t.same(parseSignalName(`planner-finished-${'x'.repeat(64)}`)?.plan.length, 64);
});

const planName = fc.oneof(
  fc.stringMatching(planNamePattern),
  fc.constantFrom('wave-1-x', 'task-finished-w1-t1-x', 'w1-t1-x', 't1-x', '1-x', '1', '1-2-3', 'finished-x'),
  fc.tuple(fc.constantFrom(...heads), fc.stringMatching(/^[a-z0-9]{1,9}$/)).map((parts) => parts.join('')),
);
const number = fc.integer({ min: 1, max: 9999 });
const signal: fc.Arbitrary<SignalName> = fc.oneof(
  fc.record({
    event: fc.constantFrom(...(Object.keys(plain) as PlanEventName[])),
    plan: planName,
    wave: fc.constant(null),
    task: fc.constant(null),
  }),
  fc.record({
    event: fc.constant('wave_start' as const),
    plan: planName,
    wave: number,
    task: fc.constant(null),
  }),
  fc.record({ event: fc.constant('task_finished' as const), plan: planName, wave: number, task: number }),
);

t.test('what can be said is read as it was said', async (t) => {
  fc.assert(
    fc.property(signal, (said) => isDeepStrictEqual(parseSignalName(formatSignalName(said)), { ...said })),
    { seed, numRuns: 2000 },
  );
  t.pass('2000 times');
});

t.test('what can be read is written as it was', async (t) => {
  let read = 0;
  const piece = fc.constantFrom(...heads, 'w', 't', '-', '1', '12', '007', 'x', 'wave', '.', '\n', '~');
  const name = fc.oneof(
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
    fc
      .tuple(fc.constantFrom(...heads), fc.array(piece, { maxLength: 6 }))
      .map(([head, rest]) => head + rest.join('')),
  );
  fc.assert(
    fc.property(name, (text) => {
      const said = parseSignalName(text);
      if (said === null) return true;
      read += 1;
      return formatSignalName(said) === text && planNamePattern.test(said.plan);
    }),
    { seed, numRuns: 20_000 },
  );
  t.ok(read > 1000, `${read} of them were names`);
});

t.test('what no file can say has no name', async (t) => {
  const bad: readonly SignalName[] = [
    { event: 'wave_start', plan: 'x', wave: null, task: null },
    { event: 'wave_start', plan: 'x', wave: 0, task: null },
    { event: 'wave_start', plan: 'x', wave: 1.5, task: null },
    { event: 'wave_start', plan: 'x', wave: 10_000, task: null },
    { event: 'wave_start', plan: 'x', wave: 1, task: 1 },
    { event: 'task_finished', plan: 'x', wave: 1, task: null },
    { event: 'planner_finished', plan: 'x', wave: 1, task: null },
    { event: 'planner_finished', plan: '../x', wave: null, task: null },
    { event: 'planner_finished', plan: 'x\n', wave: null, task: null },
    { event: 'planner_finished', plan: '', wave: null, task: null },
  ];
  for (const said of bad) t.throws(() => formatSignalName(said), RangeError, JSON.stringify(said));
  const inFiles = [...Object.keys(plain), 'wave_start', 'task_finished'];
  for (const event of planEvents.filter((name) => !inFiles.includes(name)))
    t.throws(() => formatSignalName({ event, plan: 'x', wave: null, task: null }), RangeError, event);
});
