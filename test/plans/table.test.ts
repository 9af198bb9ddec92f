import fc from 'fast-check';
import t from 'tap';
import {
  agentPlanEvents,
  operatorPlanEvents,
  type PlanEventName,
  type PlanStatus,
  planEvents,
  planStatuses,
} from '../../src/contract/index.ts';
import { decide } from '../../src/domain/plans/machine/decide.ts';
import { keyOf } from '../../src/domain/plans/machine/owed.ts';
import type { Owed, PlanState } from '../../src/domain/plans/machine/state.ts';
import { grid, plans } from '../support/plan-grid.ts';
import { facts, planEvent, planState, settings } from '../support/plan-state.ts';

for (const event of planEvents) {
  t.test(`${event} in every state`, (t) => {
    for (const [name, plan] of Object.entries(plans)) {
      const decision = decide({ plan, event: planEvent(event, { task: 1 }), settings });
      const wanted = grid[event][name];
      if (wanted === undefined) {
        t.equal(decision.ok, false, `${name}: refused`);
        t.ok(!decision.ok && decision.reason.length > 10, `${name}: with a reason`);
      } else t.equal(decision.ok && decision.next.status, wanted, name);
    }
    t.end();
  });
}

t.test('an agent never moves a plan by a word that is a person’s', (t) => {
  for (const event of operatorPlanEvents)
    for (const plan of Object.values(plans)) {
      const decision = decide({ plan, event: planEvent(event, { by: 'agent', who: 'run_x' }), settings });
      t.match(decision, { ok: false, reason: /a person's to say/ });
    }
  t.end();
});

t.test('a plan that waits for a decision is decided upon in every state, and goes on where it was', (t) => {
  for (const [name, plan] of Object.entries(plans)) {
    const blocked: PlanState = { ...plan, blocked: { reason: 'which colour?', by: 'agent' } };
    const decision = decide({ plan: blocked, event: planEvent('decide', { body: 'blue' }), settings });
    if (plan.status === 'done' || plan.status === 'cancelled') t.equal(decision.ok, false, name);
    else {
      const next = { status: plan.status, blocked: null, guidance: { answer: 'blue' } };
      t.match(decision, { ok: true, next }, name);
    }
  }
  t.end();
});

t.test('waves: in order, in parallel within the limit, joined by number', (t) => {
  const begun = must(planState(), 'implement_start', {}, { maxParallelWaveTasks: 1 });
  t.same(spawned(begun.owes), ['coder 1'], 'one at a time');
  const both = must(planState(), 'implement_start');
  t.same(spawned(both.owes), ['coder 1', 'coder 2']);

  const second = must(both.next, 'task_finished', { task: 2, wave: 1 });
  t.same(second.owes, [], 'the second waits for the first');
  const first = must(second.next, 'task_finished', { task: 1 });
  t.same(
    first.owes.map((owed) => owed.kind === 'join' && owed.task),
    [1, 2],
  );
  const one = must(first.next, 'task_merged', { task: 1, body: 'c'.repeat(40), by: 'daemon' });
  t.equal(one.next.wave, 1);
  const two = must(one.next, 'task_merged', { task: 2, body: 'd'.repeat(40), by: 'daemon' });
  t.match(two.next, { wave: 2, phase: 'wave_running', headCommit: 'd'.repeat(40) });
  t.same(spawned(two.owes), ['coder 3']);
  const waits = must(
    one.next,
    'task_merged',
    { task: 2, body: 'd'.repeat(40), by: 'daemon' },
    { autoAdvanceWaves: false },
  );
  t.match(waits.next, { wave: 1, phase: 'wave_waiting', blocked: null });
  t.same(spawned(must(waits.next, 'wave_start', { wave: 2 }).owes), ['coder 3']);
  t.match(decide({ plan: waits.next, event: planEvent('wave_start', { wave: 3 }), settings }), {
    ok: false,
    reason: /wave 3 is not the next one/,
  });
  t.end();
});

t.test('a task that fails is tried again, then the wave waits for a person', (t) => {
  const begun = must(planState(), 'implement_start');
  const again = must(begun.next, 'task_failed', { task: 1, body: 'it broke', by: 'daemon' });
  t.same(spawned(again.owes), ['coder 1']);
  t.equal(again.next.tasks[0]?.attempt, 2);
  const failed = must(again.next, 'task_failed', { task: 1, body: 'it broke', by: 'daemon' });
  t.equal(failed.next.tasks[0]?.status, 'failed');
  t.equal(failed.next.blocked, null, 'the other one is at work');
  const joined = must(must(failed.next, 'task_finished', { task: 2 }).next, 'task_merged', {
    task: 2,
    body: 'c'.repeat(40),
    by: 'daemon',
  });
  t.match(joined.next, {
    phase: 'wave_waiting',
    blocked: { reason: /wave 1 has failed \(task 1: it broke\)/ },
  });
  const retried = must(joined.next, 'retry');
  t.match(retried.next, { phase: 'wave_running', blocked: null });
  t.same(spawned(retried.owes), ['coder 1']);
  t.end();
});

t.test('a conflict goes to a fixer, once', (t) => {
  const begun = must(planState(), 'implement_start');
  const finished = must(begun.next, 'task_finished', { task: 1 });
  const conflict = must(finished.next, 'merge_conflict', { task: 1, body: 'a.txt', by: 'daemon' });
  t.same(spawned(conflict.owes), ['fixer 1']);
  const resolved = must(conflict.next, 'task_finished', { task: 1 });
  const twice = must(resolved.next, 'merge_conflict', { task: 1, body: 'a.txt', by: 'daemon' });
  t.match(twice.next.tasks[0], { status: 'failed', reason: /conflicts still: a\.txt/ });
  t.end();
});

t.test('review and fix: limits, no progress, feedback', (t) => {
  const reviewing = plans.reviewing as PlanState;
  const asked = must(reviewing, 'review_changes_requested', { body: 'Line 12 is wrong' });
  t.match(asked.next, {
    status: 'implementing',
    phase: 'fixing',
    reviewCycle: 1,
    feedback: 'Line 12 is wrong',
  });
  t.same(spawned(asked.owes), ['fixer -']);
  const fixed = must(asked.next, 'implement_finished');
  t.match(fixed.next.status, 'reviewing');
  const same = must(fixed.next, 'review_changes_requested', { body: 'line 13  is WRONG' });
  t.match(same.next.blocked, { reason: /the same was asked for twice/ });
  t.same(spawned(same.owes), [], 'nothing is started');
  const other = must(fixed.next, 'review_changes_requested', {
    body: 'line 13 is wrong',
    facts: { ...facts, diffHash: 'two' },
  });
  t.equal(other.next.blocked, null, 'the diff has changed: that is progress');
  const over = must(fixed.next, 'review_changes_requested', { body: 'more' }, { maxReviewFixCycles: 1 });
  t.match(over.next, {
    phase: 'fixing',
    blocked: { reason: /more often than max_review_fix_cycles \(1\) allows/ },
  });
  const decided = must(over.next, 'decide', { body: 'do it' }, { maxReviewFixCycles: 1 });
  t.same(spawned(decided.owes), ['fixer -']);
  t.match(
    decide({ plan: reviewing, event: planEvent('review_changes_requested', { body: ' ' }), settings }),
    {
      ok: false,
    },
  );
  t.end();
});

t.test('a verdict is about commits', (t) => {
  const reviewing = plans.reviewing as PlanState;
  const stale = planEvent('review_approved', { facts: { ...facts, shown: 'e'.repeat(40) } });
  t.match(decide({ plan: reviewing, event: stale, settings }), {
    ok: false,
    reason: /it is about eeeeeeeeee/,
  });
  const moved = planEvent('review_approved', { facts: { ...facts, head: 'f'.repeat(40) } });
  t.match(decide({ plan: reviewing, event: moved, settings }), { ok: false, reason: /did not put it/ });
  const verifying = plans.verifying as PlanState;
  const again = must(verifying, 'verify_approved', { facts: { ...facts, head: 'f'.repeat(40) } });
  t.match(again.next.status, 'verifying');
  t.match(again.owes, [{ kind: 'evidence', stage: 'verify' }], 'looked at again, as it is now');
  const done = must(reviewing, 'review_approved', {}, { autoReadinessReview: false });
  t.match(done.next, { status: 'done', review: { head: facts.head, base: facts.base } });
  t.end();
});

t.test('what a verifier mends is measured', (t) => {
  const verifying = plans.verifying as PlanState;
  const small = must(verifying, 'verify_approved', {
    facts: { ...facts, selfFix: { lines: 80, commit: 'c'.repeat(40), branch: null } },
  });
  t.match(small.next, { status: 'done', verification: { head: 'c'.repeat(40) } });
  t.match(small.owes.at(-1), { kind: 'advance_branch', from: facts.head, to: 'c'.repeat(40) });
  const large = must(verifying, 'verify_approved', {
    facts: { ...facts, selfFix: { lines: 81, commit: 'c'.repeat(40), branch: null } },
  });
  t.match(large.next, { status: 'implementing', phase: 'fixing', verifyCycle: 1, feedback: /81 lines/ });
  t.end();
});

t.test('verifications that are used up promote, or wait for a person', (t) => {
  const verifying: PlanState = { ...(plans.verifying as PlanState), verifyCycle: 1 };
  const promoted = must(verifying, 'verify_failed', { body: 'still wrong' });
  t.match(promoted.next, { status: 'done', isForced: true, verification: { by: 'force_promoted' } });
  const blocked = must(verifying, 'verify_failed', { body: 'still wrong' }, { onExhausted: 'block' });
  t.match(blocked.next, {
    phase: 'fixing',
    isForced: false,
    blocked: { reason: /as often as readiness_max_verify_cycles \(2\) allows/ },
  });
  t.end();
});

t.test('a person who speaks for an agent takes its work over', (t) => {
  for (const [name, event, role] of [
    ['reviewing', 'review_approved', 'reviewer'],
    ['verifying', 'verify_approved', 'verifier'],
    ['fixing', 'implement_finished', 'fixer'],
    ['planning', 'planner_finished', 'planner'],
  ] as const) {
    const plan = plans[name] as PlanState;
    const stop = { kind: 'stop', role, round: plan.round };
    t.match(must(plan, event).owes[0], stop, event);
    t.notMatch(must(plan, event, { by: 'agent', who: 'run_x' }).owes[0] ?? {}, { kind: 'stop' }, event);
  }
  t.end();
});

t.test('one plan of a topic is implemented at a time', (t) => {
  const event = planEvent('implement_start');
  const held = { ...settings, topicHeldBy: 'other' };
  t.match(decide({ plan: planState(), event, settings: held }), {
    ok: false,
    reason: /'other' of the same topic/,
  });
  const done = plans.done as PlanState;
  t.match(decide({ plan: done, event: planEvent('reimplement'), settings: held }), { ok: false });
  t.end();
});

t.test('whatever is said in whatever order, the machine holds', (t) => {
  const seed = Number(process.env.DROVER_TEST_SEED ?? Date.now() % 2 ** 31);
  t.comment(`seed ${seed}`);
  const said = fc.record({
    name: fc.constantFrom(...planEvents),
    task: fc.integer({ min: 1, max: 6 }),
    wave: fc.option(fc.integer({ min: 1, max: 4 })),
    by: fc.constantFrom('agent' as const, 'operator' as const, 'daemon' as const),
    body: fc.constantFrom('', 'please mend it', 'another thing'),
    diffHash: fc.constantFrom('one', 'two'),
    lines: fc.constantFrom(null, 3, 300),
  });
  const setting = fc.record({
    autoAdvance: fc.boolean(),
    autoImplement: fc.boolean(),
    autoAdvanceWaves: fc.boolean(),
    autoReviewFix: fc.boolean(),
    autoReadinessReview: fc.boolean(),
    maxReviewFixCycles: fc.integer({ min: 0, max: 2 }),
    maxVerifyCycles: fc.integer({ min: 0, max: 2 }),
    onExhausted: fc.constantFrom('promote' as const, 'block' as const),
    maxParallelWaveTasks: fc.integer({ min: 1, max: 3 }),
    hasArchitect: fc.boolean(),
  });
  const moves = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(said, { minLength: 1, maxLength: 60 }), setting, (events, changed) => {
      let plan = planState();
      const owed = new Set<string>();
      const all = { ...settings, ...changed };
      for (const { diffHash, lines, ...event } of events) {
        const selfFix = lines === null ? null : { lines, commit: 'c'.repeat(40), branch: null };
        const head = plan.headCommit ?? facts.head;
        const measured = { ...facts, head, shown: head, diffHash, selfFix };
        const before = plan;
        const decision = decide({
          plan,
          event: planEvent(event.name, { ...event, facts: measured }),
          settings: all,
        });
        if (!decision.ok) continue;
        plan = decision.next;
        moves.set(event.name, (moves.get(event.name) ?? 0) + 1);
        check(before, plan, decision.owes, owed);
        if (event.by === 'agent' && !(agentPlanEvents as readonly string[]).includes(event.name))
          throw new Error(`an agent said ${event.name}`);
      }
    }),
    { seed, numRuns: 3000 },
  );
  t.ok(moves.size > 15, `events that moved something: ${moves.size}`);
  t.end();
});

/** What holds of every plan after every event. */
function check(before: PlanState, plan: PlanState, owes: readonly Owed[], seen: Set<string>): void {
  const fail = (what: string) => {
    throw new Error(`${what}: ${JSON.stringify({ before, plan, owes })}`);
  };
  if (!planStatuses.includes(plan.status)) fail('no such status');
  if (plan.round < before.round) fail('rounds go up');
  if (plan.isForced && plan.status !== 'done') {
    if (plan.status !== 'cancelled') fail('only a finished plan was promoted');
  }
  const phases: Readonly<Record<PlanStatus, readonly (string | null)[]>> = {
    ready: ['draft', 'planned'],
    planning: ['planning', 'awaiting_advance'],
    implementing: ['architecting', 'wave_running', 'wave_waiting', 'fixing'],
    reviewing: [null],
    verifying: [null],
    done: [null],
    cancelled: [null],
  };
  if (!phases[plan.status].includes(plan.phase)) fail(`phase ${plan.phase} of ${plan.status}`);
  const running = plan.tasks.filter(({ status }) => status === 'running' || status === 'merging');
  if (running.some(({ wave }) => wave !== plan.wave) && plan.status === 'implementing')
    fail('a task of another wave is at work');
  for (const owed of owes) {
    const key = keyOf(plan.id, owed);
    if (owed.kind === 'spawn' && seen.has(key)) fail(`${key} is started twice`);
    seen.add(key);
  }
}

function must(
  plan: PlanState,
  name: PlanEventName,
  change: Parameters<typeof planEvent>[1] = {},
  setting: Partial<typeof settings> = {},
) {
  const decision = decide({ plan, event: planEvent(name, change), settings: { ...settings, ...setting } });
  if (!decision.ok) throw new Error(`${name} was refused: ${decision.reason}`);
  return decision;
}

function spawned(owes: readonly Owed[]): string[] {
  return owes.flatMap((owed) => (owed.kind === 'spawn' ? [`${owed.role} ${owed.task ?? '-'}`] : []));
}
