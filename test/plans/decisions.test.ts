/** What a person's word does to a plan, and what is not tried, started or promoted without one. */
import t from 'tap';
import type { PlanEventName } from '../../src/contract/index.ts';
import { decide } from '../../src/domain/plans/machine/decide.ts';
import { isWanted } from '../../src/domain/plans/machine/owed.ts';
import type { Owed, PlanEvent, PlanSettings, PlanState } from '../../src/domain/plans/machine/state.ts';
import { facts, planEvent, planState, settings } from '../support/plan-state.ts';

function must(
  plan: PlanState,
  name: PlanEventName,
  change: Partial<PlanEvent> = {},
  over: Partial<PlanSettings> = {},
) {
  const decision = decide({ plan, event: planEvent(name, change), settings: { ...settings, ...over } });
  if (!decision.ok) throw new Error(`${name}: ${decision.reason}`);
  return decision;
}

const refusal = (plan: PlanState, name: PlanEventName, change: Partial<PlanEvent> = {}) => {
  const decision = decide({ plan, event: planEvent(name, change), settings });
  return decision.ok ? null : decision.reason;
};
const started = (owes: readonly Owed[]) =>
  owes.flatMap((owed) => (owed.kind === 'spawn' ? [`${owed.role} ${owed.task ?? '-'} ${owed.attempt}`] : []));
const byDaemon = { by: 'daemon', who: 'daemon' } as const;
const begun = must(planState(), 'implement_start').next;
const merged = (change: Partial<PlanState>) =>
  planState({ wave: 3, tasks: planState().tasks.map((task) => ({ ...task, status: 'merged' })), ...change });
/** Task 2 is merged, task 1 has failed twice. */
const failed = [
  ['task_failed', { task: 1, body: 'it broke' }],
  ['task_failed', { task: 1, body: 'it broke' }],
  ['task_finished', { task: 2, by: 'agent' }],
  ['task_merged', { task: 2, body: 'c'.repeat(40) }],
].reduce(
  (plan, [name, change]) => must(plan, name as PlanEventName, { ...byDaemon, ...(change as object) }).next,
  begun,
);

t.test('a person may take the work of a failed task as it is', async (t) => {
  t.match(failed, { phase: 'wave_waiting', blocked: { reason: /task 1: it broke/ } });
  const taken = must(failed, 'task_finished', { task: 1 });
  t.match(taken.next, { phase: 'wave_running', blocked: null });
  t.match(taken.owes, [{ kind: 'join', task: 1, attempt: 2, isAccepted: true }]);
  const joined = must(taken.next, 'task_merged', { ...byDaemon, task: 1, body: 'd'.repeat(40) });
  t.match(joined.next, { wave: 2, phase: 'wave_running', blocked: null });

  t.match(refusal(failed, 'task_finished', { task: 1, by: 'agent', who: 'run_x' }), /failed, not running/);
});

t.test(
  'who asked and was answered is started again, however often that was, and keeps its part',
  async (t) => {
    const once = must(begun, 'task_failed', { ...byDaemon, task: 1, body: 'it broke' }).next;
    const answered = must(once, 'task_failed', { ...byDaemon, task: 1, body: 'has asked', isAnswered: true });
    t.same(started(answered.owes), ['coder 1 3']);
    t.match(answered.next.tasks[0], { status: 'running', attempt: 3 });

    const conflict = must(must(begun, 'task_finished', { task: 1, by: 'agent' }).next, 'merge_conflict', {
      ...byDaemon,
      task: 1,
      body: 'a.txt',
    }).next;
    const asked = { ...byDaemon, task: 1, body: 'has asked' };
    t.same(started(must(conflict, 'task_failed', { ...asked, isAnswered: true }).owes), ['fixer 1 4']);
    t.match(must(conflict, 'task_failed', asked).next.tasks[0], {
      status: 'failed',
      reason: 'has asked; it conflicts in a.txt',
    });
  },
);

t.test('a plan that is to begin by itself says what it waits for where its topic is taken', async (t) => {
  const waiting = must(
    planState({ status: 'planning', phase: 'planning' }),
    'planner_finished',
    { by: 'agent' },
    { autoAdvance: true, autoImplement: true, topicHeldBy: 'billing' },
  ).next;
  t.match(waiting, { status: 'ready', phase: 'planned', blocked: { reason: /'billing' of the same topic/ } });
  t.match(must(waiting, 'implement_start').next, { status: 'implementing', blocked: null });
});

t.test('what a person has cancelled is not started again', async (t) => {
  const ended = must(begun, 'task_failed', { ...byDaemon, task: 1, body: 'was cancelled', isFinal: true });
  t.match(ended.next.tasks[0], { status: 'failed', attempt: 1, reason: 'was cancelled' });
  t.same(started(ended.owes), []);
});

t.test(
  'the fixer of a conflict is who is started again, and a coder’s first conflict gets one',
  async (t) => {
    const conflict = must(must(begun, 'task_finished', { task: 1, by: 'agent' }).next, 'merge_conflict', {
      ...byDaemon,
      task: 1,
      body: 'a.txt',
    }).next;
    const blocked: PlanState = { ...conflict, blocked: { reason: 'which?', by: 'agent' } };
    t.same(started(must(blocked, 'decide', { idleTasks: [1] }).owes), ['fixer 1 4']);

    const coder = must({ ...begun, blocked: { reason: 'which?', by: 'agent' } }, 'decide', {
      idleTasks: [1],
    });
    t.same(started(coder.owes), ['coder 1 2']);
    const third = must({ ...coder.next, blocked: { reason: 'which?', by: 'agent' } }, 'decide', {
      idleTasks: [1],
    });
    const finished = must(third.next, 'task_finished', { task: 1, by: 'agent' }).next;
    const first = must(finished, 'merge_conflict', { ...byDaemon, task: 1, body: 'a.txt' });
    t.same(started(first.owes), ['fixer 1 4'], 'however often its coder was started');
  },
);

t.test('a task that failed is started by `retry` while the others of its wave go on', async (t) => {
  const one = [1, 2].reduce(
    (plan) => must(plan, 'task_failed', { ...byDaemon, task: 1, body: 'it broke' }).next,
    begun,
  );
  t.match(one, { phase: 'wave_running', blocked: null });
  const retried = must(one, 'retry');
  t.same(started(retried.owes), ['coder 1 3']);
  t.match(retried.next.tasks[0], { status: 'running', attempt: 3 });
});

t.test('`retry` is for what has failed, be it given up or still tried', async (t) => {
  t.equal(refusal(begun, 'retry'), 'nothing of it has failed');
  const tried = must(begun, 'retry', { hasTrouble: true });
  t.same([tried.next, tried.owes], [begun, []]);
});

t.test('questions of several agents are all answered, and each answer keeps its question', async (t) => {
  const first = must(begun, 'needs_decision', { by: 'agent', who: 'run_a', body: 'Red or blue?' });
  const second = must(first.next, 'needs_decision', { by: 'agent', who: 'run_b', body: 'Fast or small?' });
  t.equal(second.next.blocked?.reason, 'Red or blue?\nFast or small?');
  const again = must(second.next, 'needs_decision', { by: 'agent', who: 'run_b', body: 'Fast or small?' });
  t.equal(again.next.blocked?.reason, 'Red or blue?\nFast or small?');
  const decided = must(second.next, 'decide', { body: 'Blue, and small' });
  t.same(decided.next.guidance, { question: 'Red or blue?\nFast or small?', answer: 'Blue, and small' });
});

t.test('a question of several lines is asked once, and whole', async (t) => {
  const body = 'Which colour?\n\n- red\n- blue';
  const first = must(begun, 'needs_decision', { by: 'agent', who: 'run_a', body: `${body}\n` });
  const second = must(first.next, 'needs_decision', { by: 'agent', who: 'run_b', body: 'Fast or small?' });
  const again = must(second.next, 'needs_decision', { by: 'agent', who: 'run_a', body });
  t.equal(again.next.blocked?.reason, `${body}\nFast or small?`);
});

t.test('a person who moves a plan has decided what it waited for; an agent has not', async (t) => {
  const blocked = merged({
    status: 'reviewing',
    phase: null,
    blocked: { reason: 'the same was asked for twice', by: 'limit' },
  });
  t.equal(must(blocked, 'review_approved').next.blocked, null);
  t.match(must(blocked, 'review_approved', { by: 'agent', who: 'run_x' }).next.blocked, blocked.blocked);
  const stuck = must(blocked, 'review_changes_requested', { body: 'more' }, { autoReviewFix: false });
  t.match(stuck.next.blocked, { reason: /auto_review_fix/ }, 'what it waits for now is something else');
});

t.test('a decision takes the branch as somebody has left it', async (t) => {
  const moved = merged({ status: 'reviewing', phase: null, blocked: { reason: 'moved', by: 'daemon' } });
  const decided = must(moved, 'decide', { facts: { ...facts, head: 'f'.repeat(40) } });
  t.equal(decided.next.headCommit, 'f'.repeat(40));
  t.equal(must(moved, 'decide', { facts: null }).next.headCommit, moved.headCommit);
});

t.test('nothing that drover did not put there is promoted', async (t) => {
  const last = merged({ status: 'verifying', phase: null, verifyCycle: 1 });
  const moved = must(last, 'verify_failed', { body: 'wrong', facts: { ...facts, head: 'f'.repeat(40) } });
  t.match(moved.next, { status: 'verifying', isForced: false, verifyCycle: 1 });
  t.match(moved.owes, [{ kind: 'evidence', stage: 'verify' }]);
});

t.test('who mends is told where the changes of a verifier are that were too many', async (t) => {
  const verifying = merged({ status: 'verifying', phase: null });
  const approve = (plan: PlanState, who: string) =>
    must(plan, 'verify_approved', {
      by: 'agent',
      who,
      body: 'It works now',
      facts: { ...facts, selfFix: { lines: 200, commit: 'c'.repeat(40), branch: `drover/${who}` } },
    }).next;
  const first = approve(verifying, 'run_one');
  t.match(first.feedback, /changed 200 lines .* the work of run_one, on the branch drover\/run_one/);
  t.match(first.feedback, `\`git diff ${facts.head} ${'c'.repeat(40)}\``);
  t.match(first.feedback, /\n\nIt works now$/);

  const again = approve({ ...verifying, progressHash: first.progressHash }, 'run_two');
  t.match(again.blocked, { reason: /the same was asked for twice/ }, 'whichever run has said so');
});

t.test('rounds are counted anew when a finished plan is looked at again', async (t) => {
  const done = merged({ status: 'done', phase: null, reviewCycle: 4, verifyCycle: 2 });
  t.match(must(done, 'request_review').next, { reviewCycle: 0, verifyCycle: 0 });
  t.match(must(done, 'verification_stale', byDaemon).next, { reviewCycle: 0, verifyCycle: 0 });
});

t.test('where nothing is verified, what has moved since is reviewed again', async (t) => {
  const done = merged({ status: 'done', phase: null });
  const stale = (over: Partial<PlanSettings>) => must(done, 'verification_stale', byDaemon, over).next.status;
  t.equal(stale({}), 'verifying');
  t.equal(stale({ autoReadinessReview: false }), 'reviewing');
});

t.test('what a review found is not mended while another plan of the topic is at work', async (t) => {
  const reviewing = merged({ status: 'reviewing', phase: null });
  const held = must(reviewing, 'review_changes_requested', { body: 'more' }, { topicHeldBy: 'other' });
  t.match(held.next, { phase: 'fixing', blocked: { reason: /'other' of the same topic/ } });
  t.same(started(held.owes), []);
});

t.test('a plan whose waves were taken out does not become ready', async (t) => {
  const emptied = planState({ status: 'planning', phase: 'awaiting_advance', tasks: [] });
  t.match(refusal(emptied, 'advance'), /no waves/);
});

t.test('after a cancel no task is at work, and a task that changed nothing says so', async (t) => {
  const cancelled = must(begun, 'cancel').next;
  t.match(
    cancelled.tasks.slice(0, 2),
    [1, 2].map(() => ({ status: 'failed', reason: /cancelled/ })),
  );
  const merging = must(begun, 'task_finished', { task: 1, by: 'agent' }).next;
  const same = must(merging, 'task_merged', { ...byDaemon, task: 1, body: merging.headCommit ?? '' });
  t.match(same.next.tasks[0], { status: 'merged', reason: 'it changed nothing' });
});

t.test('what a fixer made is wanted whatever was decided since', async (t) => {
  const fixing = merged({ status: 'implementing', phase: 'fixing' });
  const finished = must(fixing, 'implement_finished', { by: 'agent', who: 'run_x' });
  const join = finished.owes.find(({ kind }) => kind === 'join');
  const blocked: PlanState = { ...finished.next, blocked: { reason: 'moved', by: 'daemon' } };
  const decided = must(blocked, 'decide').next;
  t.ok(join !== undefined && isWanted(decided, join));
  t.notOk(join !== undefined && isWanted(must(decided, 'cancel').next, join));
});
