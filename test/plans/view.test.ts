/** A plan as people and programs see it, of rows that stand in a store. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createBus, systemClock } from '../../src/base/index.ts';
import { owe } from '../../src/domain/plans/change.ts';
import { createPlan } from '../../src/domain/plans/create.ts';
import type { PlansDeps } from '../../src/domain/plans/ports.ts';
import { viewPlan, viewSummaries } from '../../src/domain/plans/view.ts';
import {
  failAction,
  failingActions,
  finishAction,
  getPlan,
  insertApproval,
  insertPlanRun,
  insertRun,
  insertSignal,
  listPlans,
  openStore,
  type PlanRow,
  type PlanRunRow,
  pendingActions,
  planCountsByRepo,
  planTasks,
  type SignalRow,
  setPlanTasks,
  updatePlan,
  updateRun,
} from '../../src/foundation/store/index.ts';
import { planText } from '../support/plan-text.ts';

const commit = 'a'.repeat(40);

const aRunRow = {
  agent: 'command',
  runtime: 'command',
  argv: ['true'],
  agentEnv: {},
  approvalMode: 'ask',
  timeoutMs: 0,
  prompt: 'true',
  inPlace: false,
  createdAt: 1,
} as const;
const anApprovalRow = {
  id: 'apr_1',
  agentKey: '1',
  kind: 'question',
  title: 'Which?',
  tool: null,
  input: null,
  requestedAt: 1,
  expiresAt: null,
  defaultDecision: null,
} as const;

/** A plan in its third round, and what may be added to it. */
async function begin(t: Test) {
  const store = openStore({ path: join(t.testdir(), 'drover.db'), clock: systemClock, bus: createBus() });
  t.teardown(() => store.close());
  const work = { currentBase: async () => 'main', commitOf: async () => commit };
  const deps = { store, work } as unknown as PlansDeps;
  const { key } = await createPlan(deps, 'repo_1', { name: 'one', content: planText([1]) });
  const change = (changes: Partial<PlanRow>) =>
    store.write((tx) => void updatePlan(tx, getPlan(tx, key), changes));
  const run = (changes: Partial<PlanRunRow>) =>
    store.write((tx) =>
      insertPlanRun(tx, {
        runId: 'run_1',
        planKey: key,
        actionKey: changes.runId ?? 'run_1',
        role: 'reviewer',
        round: 3,
        wave: null,
        task: null,
        attempt: 1,
        baseCommit: commit,
        planBase: null,
        state: 'open',
        startedAt: 1000,
        ...changes,
      }),
    );
  const signal = (id: string, changes: Partial<SignalRow> = {}) =>
    store.write((tx) =>
      insertSignal(tx, {
        id,
        repoId: 'repo_1',
        planKey: key,
        planName: 'one',
        event: 'review_approved',
        wave: null,
        task: null,
        body: '',
        source: 'file',
        runId: null,
        status: 'failed',
        reason: 'not now',
        receivedAt: 2000,
        ...changes,
      }),
    );
  const view = () => store.read((sql) => viewPlan(sql, getPlan(sql, key), 'shop'));
  await change({ status: 'reviewing', phase: null, round: 3 });
  return { store, key, change, run, signal, view };
}

void t.test(
  'refused signals are those of runs, of the present round, that were not said again',
  async (t) => {
    const { change, run, signal, view } = await begin(t);
    await run({});
    await run({ runId: 'run_old', role: 'coder', round: 2, startedAt: 100 });
    await signal('01', { receivedAt: 500 });
    await signal('02', { source: 'person' });
    await signal('03', { source: 'run_old', runId: 'run_old', event: 'needs_decision' });
    await signal('04', { source: 'run_1', runId: 'run_1', event: 'needs_decision' });
    await signal('05');

    const shown = () => view().refused.map(({ id }) => id);

    t.strictSame(shown(), ['05', '04']);
    await signal('00', { status: 'done', reason: null });
    t.strictSame(shown(), ['04'], 'it was said again, by a clock that was put back');
    await change({ status: 'done' });
    t.strictSame(shown(), [], 'at its end nothing is left to say');
  },
);

void t.test('before a round has a run, what was refused after the last step counts', async (t) => {
  const { signal, view } = await begin(t);
  await signal('01', { event: 'needs_decision' });
  await signal('02', { status: 'done', event: 'implement_finished', receivedAt: 3000 });
  await signal('03', { event: 'needs_decision', receivedAt: 3001 });

  t.strictSame(
    view().refused.map(({ id }) => id),
    ['03'],
  );
});

void t.test(
  'a plan whose step fails and is tried again is found; one that was given up is blocked instead',
  async (t) => {
    const { store, key } = await begin(t);
    await store.write((tx) => owe(tx, getPlan(tx, key), [{ kind: 'renew_branch', round: 4 }]));
    const fail = (dueAt: number | null) =>
      store.write((tx) => {
        for (const action of pendingActions(tx, 'repo_1'))
          failAction(tx, action.key, { error: 'the disk is full', dueAt });
      });

    t.strictSame(store.read(failingActions), []);
    await fail(1);
    t.strictSame(store.read(failingActions), [
      { repoId: 'repo_1', planKey: key, plan: 'one', error: 'the disk is full' },
    ]);
    await fail(null);
    t.strictSame(store.read(failingActions), []);
  },
);

void t.test('live runs that count are told with what they wait for, once for all plans', async (t) => {
  const { store, key, run, view } = await begin(t);
  const live = (id: string, status: 'queued' | 'running') =>
    store.write((tx) => {
      const runKey = insertRun(tx, { ...aRunRow, id, status });
      if (status === 'queued') return;
      insertApproval(tx, { ...anApprovalRow, runKey, options: [] });
      updateRun(tx, runKey, { status: 'waiting', waitingOn: 'apr_1' });
    });
  await live('run_1', 'running');
  await live('run_2', 'queued');
  await live('run_3', 'queued');
  await run({});
  await run({ runId: 'run_2', role: 'coder', task: 1 });
  await run({ runId: 'run_3', state: 'signaled' });

  const expected = [
    {
      run_id: 'run_1',
      role: 'reviewer',
      task: null,
      status: 'waiting',
      waiting_on: 'apr_1',
      asks: 'question',
    },
    { run_id: 'run_2', role: 'coder', task: 1, status: 'queued', waiting_on: null, asks: null },
  ];
  t.strictSame(view().live, expected);
  const [listed] = store.read((sql) => viewSummaries(sql, [getPlan(sql, key)], 'shop'));
  t.strictSame(listed?.live, expected);
});

void t.test('plans that are merged, and are so since their last verdict, can be listed alone', async (t) => {
  const { store, change } = await begin(t);
  const merged = () =>
    store.read((sql) => listPlans(sql, { repoId: 'repo_1', beforeKey: null, status: 'merged', limit: 0 }));
  const verdict = { head: commit, base: commit, by: 'run_1', at: 20 };
  await change({ status: 'done', mergedAt: 10 });

  t.equal(merged().length, 1);
  await change({ verification: verdict });
  t.equal(merged().length, 0);
  await change({ mergedAt: 30 });
  t.equal(merged().length, 1);
  await change({ mergedAt: null });
  t.equal(merged().length, 0);
});

void t.test(
  'plans that wait for a word of a person are counted and listed, but not those that are blocked',
  async (t) => {
    const { store, change } = await begin(t);
    const waiting = () => [
      store.read(planCountsByRepo).get('repo_1')?.waiting,
      store.read((sql) => listPlans(sql, { repoId: null, beforeKey: null, status: 'waiting', limit: 0 }))
        .length,
    ];

    t.strictSame(waiting(), [0, 0]);
    for (const phase of ['planned', 'awaiting_advance', 'wave_waiting'] as const) {
      await change({ phase });
      t.strictSame(waiting(), [1, 1], phase);
    }
    await change({ blockedReason: 'Which?' });
    t.strictSame(waiting(), [0, 0]);
  },
);

void t.test('a task that is still to begin, or to begin anew, shows no run of before', async (t) => {
  const { store, key, run, view } = await begin(t);
  const task = () => view().waves[0]?.tasks[0];
  const set = (status: 'pending' | 'running') =>
    store.write((tx) => {
      const tasks = planTasks(tx, key).map((one) => ({ ...one, status, attempt: 1 }));
      setPlanTasks(tx, key, tasks);
    });
  await run({ role: 'coder', task: 1, state: 'closed' });

  await set('pending');
  t.match(task(), { status: 'pending', run_id: null });
  await set('running');
  t.match(task(), { status: 'running', run_id: 'run_1' });
});

void t.test('a verdict has the words that came with it, and no others', async (t) => {
  const { change, signal, view } = await begin(t);
  await signal('01', { status: 'done', body: 'too early', receivedAt: 10 });
  await signal('02', { status: 'done', body: 'Well done', receivedAt: 20 });
  await change({ review: { head: commit, base: commit, by: 'run_1', at: 20 } });

  t.match(view(), { review: { words: 'Well done' }, verification: null });
});

void t.test('the commands of [verify] are among the runs', async (t) => {
  const { run, view } = await begin(t);
  await run({ role: 'evidence', runId: 'run_e' });

  t.match(view().runs, [{ run_id: 'run_e', role: 'evidence', state: 'open' }]);
});

void t.test('the work of before it was begun anew is named, where there was any', async (t) => {
  const { store, key, run, view } = await begin(t);
  const renew = async (round: number) => {
    await store.write((tx) => {
      owe(tx, getPlan(tx, key), [{ kind: 'renew_branch', round }]);
      for (const action of pendingActions(tx, 'repo_1')) finishAction(tx, action.key, tx.now);
    });
  };
  await run({ role: 'planner', runId: 'run_p', round: 1 });
  await renew(2);
  await run({ role: 'coder', runId: 'run_c', round: 3 });
  await renew(5);
  await run({ role: 'planner', runId: 'run_q', round: 5 });
  await renew(6);

  t.strictSame(view().kept, [`refs/drover/plans/${view().id}/5`]);
});
