import t from 'tap';
import { afterRun, type Ended } from '../../src/domain/plans/after-run.ts';
import type { PlanRunRow, RunRow } from '../../src/foundation/store/index.ts';

const coder: PlanRunRow = {
  runId: 'run_1',
  planKey: 1,
  actionKey: 'spawn',
  role: 'coder',
  round: 1,
  wave: 1,
  task: 2,
  attempt: 1,
  baseCommit: null,
  planBase: null,
  state: 'open',
  startedAt: 0,
};
/** What is looked at of a row. */
const row = (change: Partial<RunRow>) => ({ status: 'succeeded', runtime: 'command', ...change }) as RunRow;
const follow = (change: Partial<Ended> = {}, run: Partial<PlanRunRow> = {}) =>
  afterRun(
    { ...coder, ...run },
    {
      row: row({}),
      isWanted: true,
      canGoOn: false,
      hasAsked: false,
      isBlocked: false,
      refused: null,
      ...change,
    },
  );

t.test('who ended in silence is asked where that can be, once', async (t) => {
  t.same(follow({ canGoOn: true }), { kind: 'ask' });
  t.match(follow(), {
    kind: 'give_up',
    reason: /cannot be asked: command has no conversation/,
    isFinal: false,
  });
  t.match(follow({ canGoOn: true }, { state: 'asked' }), { kind: 'give_up', reason: /ended twice/ });
  const asking = row({ result: `I have two ways.\n${'x'.repeat(5000)}\nRed or blue?\n` });
  for (const silent of [follow({ row: asking }), follow({ row: asking }, { state: 'asked' })])
    t.match(silent, {
      reason: /; its last words: "I have two ways\.\nx+\n\[.*left out.*\]\nx+\nRed or blue\?"$/,
    });
  t.match(follow({ row: row({ result: ' ' }) }), { reason: /go on with$/ });
  t.match(follow({ refused: 'it has no waves' }), { reason: /what it said was refused: it has no waves$/ });
});

t.test('a question is no silence, however often it is asked', async (t) => {
  const asked = { hasAsked: true } as const;
  t.same(follow({ ...asked, canGoOn: true }, { state: 'asked' }), { kind: 'ask' });
  t.same(follow({ ...asked, isBlocked: true }), { kind: 'close' }, 'the decision starts the next one');
  t.match(follow(asked), { kind: 'again', isAnswered: true, reason: /has asked, and was answered/ });
});

t.test('what failed is started again, what a person ended is not', async (t) => {
  const failed = row({ status: 'failed', reason: 'exit code 3' });
  t.match(follow({ row: failed }), { kind: 'again', reason: 'the coder of task 2 failed: exit code 3' });
  t.match(follow({ row: failed }, { attempt: 2 }), { kind: 'give_up', isFinal: false });
  t.match(follow({ row: row({ status: 'interrupted', errorMessage: 'reboot' }) }), {
    reason: 'the coder of task 2 was interrupted: reboot',
  });
  t.match(follow({ row: row({ status: 'canceled', reason: 'by a person' }) }), {
    kind: 'give_up',
    reason: 'the coder of task 2 was cancelled: by a person',
    isFinal: true,
  });
  t.match(follow({ row: null }, { role: 'reviewer', task: null }), {
    reason: 'the reviewer is gone, with its journal',
  });
  t.same(follow({ row: failed, isWanted: false }), { kind: 'close' });
});
