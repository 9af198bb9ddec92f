/** Files with signals on their way to the plans, which are a fake here. */
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Clock, createBus, systemClock } from '../../src/base/index.ts';
import { createPlanSignals } from '../../src/daemon/plan-signals.ts';
import { maxRefusals, windowMs } from '../../src/daemon/refusal-rate.ts';
import type { Plans } from '../../src/domain/plans/index.ts';
import { eventsAfter, insertPlan, insertRepo, openStore } from '../../src/foundation/store/index.ts';
import { folderOf, keepingLog } from '../support/signal-folder.ts';
import { until } from '../support/until.ts';

type Receive = Plans['receiveFile'];
const taken = { status: 'done', reason: null } as Awaited<ReturnType<Receive>>;

/** A repository that is known, with a plan at work. */
async function setUp(t: Test, receiveFile: Receive, clock: Clock = systemClock) {
  const base = realpathSync(t.testdir());
  const store = openStore({ path: join(base, 'drover.db'), clock: systemClock, bus: createBus() });
  const root = join(base, 'shop');
  mkdirSync(root);
  const { log, said } = keepingLog();
  const plans = { receiveFile, tick: () => {} } as Partial<Plans> as Plans;
  const signals = createPlanSignals({
    store,
    clock,
    log,
    plans,
    findTracked: async () => [],
    pollMs: () => 60_000,
  });
  t.teardown(async () => {
    await signals.close();
    await store.close();
  });
  await store.write((tx) => {
    insertRepo(tx, {
      id: 'repo_1',
      path: root,
      pathKey: root,
      project: 'shop',
      trustedHash: null,
      addedAt: 0,
    });
    insertPlan(tx, { ...aPlan, status: 'planning', phase: 'planning' });
  });
  return { store, signals, root, said, ...folderOf(root) };
}

const aPlan: Parameters<typeof insertPlan>[1] = {
  id: 'plan_1',
  repoId: 'repo_1',
  name: 'one',
  version: 1,
  status: 'ready',
  phase: 'planned',
  round: 0,
  title: 'One',
  topic: null,
  content: '',
  branch: 'drover/plan/one',
  base: 'main',
  baseCommit: null,
  headCommit: null,
  mergedAt: null,
  wave: 0,
  reviewCycle: 0,
  verifyCycle: 0,
  feedback: null,
  progressHash: null,
  guidance: null,
  blockedReason: null,
  blockedBy: null,
  blockedAt: null,
  isForced: false,
  review: null,
  verification: null,
  createdAt: 0,
  updatedAt: 0,
};

t.test('what cannot be applied is given out again, with all that was claimed beside it', async (t) => {
  let isFull = true;
  const seen: string[] = [];
  const { signals, root, said, put, namesIn } = await setUp(t, async ({ plan }) => {
    if (isFull) throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
    seen.push(plan);
    return taken;
  });
  for (const [at, name] of ['a', 'b', 'c'].entries()) put(`review-approved-${name}`, '', 10 - at);

  await signals.collect(root);
  t.same(seen, []);
  t.equal(namesIn('processing').length, 3, 'they are kept');
  t.match(said, [['signals wait: they could not be applied', { signals: 3 }]], 'which is said once');

  isFull = false;
  await signals.collect(root);
  t.same(seen, ['a', 'b', 'c']);
  t.same(namesIn('processing'), []);
});

t.test('who asks does not wait for a place that hangs', async (t) => {
  let goOn = () => {};
  const stuck = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const clock = {
    ...systemClock,
    sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 100, signal),
  };
  const { signals, root, put } = await setUp(t, () => stuck.then(() => taken), clock);
  put('review-approved-a');

  await t.rejects(signals.collect(root), /could not be looked at in 10 seconds/);

  goOn();
  await signals.collect(root);
});

t.test('of a flood of refused signals the first are listed, and then how many there were', async (t) => {
  let ahead = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + ahead };
  const kept: (boolean | undefined)[] = [];
  const refuse: Receive = async ({ keepsRefusal }) => {
    kept.push(keepsRefusal);
    return { ...taken, status: 'failed', reason: 'no' };
  };
  const { store, signals, root, put, failed } = await setUp(t, refuse, clock);
  const flood = (from: number, to: number) => {
    for (let task = from; task <= to; task += 1)
      put(`implement-task-finished-w1-t${task}-one`, '', 100 - task);
    return signals.collect(root);
  };
  const told = () =>
    store
      .read((sql) => eventsAfter(sql, { after: 0, limit: 100, runKey: null }))
      .filter(({ type }) => type === 'signal.failed')
      .map(({ data }) => JSON.parse(data ?? '{}'));

  await flood(1, maxRefusals + 5);
  t.same(kept, [...Array(maxRefusals).fill(true), ...Array(5).fill(false)]);
  t.equal(Object.keys(failed()).length, maxRefusals + 5, 'all are put away');
  t.same(told(), []);

  ahead = windowMs;
  signals.start();
  const [more] = await until('the rest is told', () => (told().length > 0 ? told() : null));
  t.match(more, {
    plan: 'one',
    file: 'implement-task-finished-w1-t35-one',
    reason: /^5 more signals were refused here/,
  });
  await flood(1, 1);
  t.equal(kept.at(-1), true, 'the next minute begins anew');
  t.equal(told().length, 1);
});
