/** A plan between the machine and its row: what is stored of a decision, and how much. */
import t from 'tap';
import { blockPlan } from '../../src/domain/plans/change.ts';
import { maxToldNames, namesInWords } from '../../src/domain/plans/daemon-says.ts';
import { decide } from '../../src/domain/plans/machine/decide.ts';
import { filesInConflict } from '../../src/domain/plans/machine/waves.ts';
import { maxReasonChars, toColumns, toState, withCutReasons } from '../../src/domain/plans/state-columns.ts';
import { eventsAfter, getPlan, type PlanRow, updatePlan } from '../../src/foundation/store/index.ts';
import { planEvent, planState, settings } from '../support/plan-state.ts';
import { plansRoom } from '../support/plans-room.ts';
import { until } from '../support/until.ts';

/** All that the columns of a plan are made of here. */
const row = (change: Partial<PlanRow> = {}) => ({ ...change }) as PlanRow;

t.test('a decision is read as it was stored, the question apart from the answer', (t) => {
  const readOf = (guidance: string | null) => toState(row({ guidance }), []).guidance;
  for (const guidance of [
    null,
    { question: null, answer: '{"answer":"x"}' },
    { question: 'Red?', answer: 'blue' },
  ]) {
    const { guidance: stored = null } = toColumns(planState({ guidance }), row(), 1);
    t.same(readOf(stored), guidance);
  }
  for (const old of ['blue', '{"red" or {"blue"', '{"red":1}'])
    t.same(readOf(old), { question: null, answer: old }, 'bare words, as they were stored once');
  t.end();
});

t.test('reasons keep their beginning and their end, and say what is left out between', (t) => {
  const long = `First line\n${'x'.repeat(20_000)}\nlast line`;
  const plan = planState({ blocked: { reason: long, by: 'agent' } });
  const [task] = plan.tasks;
  const cut = withCutReasons({ ...plan, tasks: task === undefined ? [] : [{ ...task, reason: long }] });

  for (const reason of [cut.blocked?.reason, cut.tasks[0]?.reason]) {
    t.match(reason, /^First line\nx+\n\[\.\.\. \d+ characters are left out here \.\.\.\]\nx+\nlast line$/);
    t.ok((reason ?? '').length <= maxReasonChars, `${reason?.length}`);
  }
  t.same(withCutReasons(cut), cut);
  t.equal(withCutReasons(planState()).blocked, null);
  t.end();
});

t.test('of a conflict in thousands of files some are named, each so that it is one', (t) => {
  const names = [
    'a, b.txt',
    'c.txt',
    'd\n"e".txt',
    ...Array.from({ length: 20_000 }, (_, at) => `deep/in/${at}`),
  ];
  const said = namesInWords(names);

  t.match(said, /^"a, b\.txt", c\.txt, "d\\n\\"e\\"\.txt", deep\/in\/0, .*, deep\/in\/46 and 19953 more$/);
  t.equal(namesInWords(names.slice(1, 2)), 'c.txt');
  const merging = planState({
    status: 'implementing',
    phase: 'wave_running',
    wave: 1,
    tasks: [{ number: 1, wave: 1, status: 'merging', attempt: 1, reason: null }],
  });
  const body = namesInWords(Array.from({ length: maxToldNames }, () => 'x'.repeat(4000)));
  const decision = decide({
    plan: merging,
    event: planEvent('merge_conflict', { by: 'daemon', task: 1, body }),
    settings,
  });
  const next = withCutReasons(decision.ok ? decision.next : merging);
  t.match(next.tasks[0] && filesInConflict(next.tasks[0]), /^xxx/, 'it is a conflict still');
  t.end();
});

t.test('long reasons are cut wherever they come from, in the row and in the event', async (t) => {
  const files = ['a, b.txt', ...Array.from({ length: 60 }, (_, at) => `${at}.txt`)];
  const room = await plansRoom(t, { work: { join: async () => ({ kind: 'conflict', files }) } });
  const told = () =>
    room.store
      .read((sql) => eventsAfter(sql, { after: 0, limit: 100, runKey: null }))
      .flatMap(({ type, data }) =>
        type === 'plan.blocked' ? [JSON.parse(data ?? '{}').reason as string] : [],
      );
  const body = `First line\n${'x'.repeat(20_000)}`;
  await room.set({}, { status: 'running', attempt: 1 });
  await room.ran('run_1');
  room.plans.recover();
  await room.say('task_finished', { task: 1 });
  await until('the conflict', () => room.task(1)?.status === 'running');
  t.match(room.task(1)?.reason, /^conflicts: "a, b\.txt", 0\.txt, .* and 11 more$/);

  await room.say('needs_decision', { body });
  await room.store.write((tx) => {
    updatePlan(tx, getPlan(tx, room.row().key), { blockedReason: null });
    blockPlan(tx, room.row().key, body);
  });
  for (const reason of [...told(), room.row().blockedReason ?? '']) {
    t.match(reason, /^First line\nx+\n\[.*left out here.*\]\nx+$/);
    t.ok(reason.length <= maxReasonChars, `${reason.length}`);
  }
  t.equal(told().length, 2);
});
