/** What plans owe, on a clock that jumps to the next alarm: pauses, what is given up, and who waits for whom. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Clock, createBus, silentLog, systemClock } from '../../src/base/index.ts';
import { AppError } from '../../src/contract/index.ts';
import { owe } from '../../src/domain/plans/change.ts';
import { createPlan } from '../../src/domain/plans/create.ts';
import type { Owed } from '../../src/domain/plans/machine/state.ts';
import { createOutbox } from '../../src/domain/plans/outbox.ts';
import type { PlansDeps, PlanWork } from '../../src/domain/plans/ports.ts';
import { planSettings } from '../../src/domain/plans/settings.ts';
import { defaultConfig } from '../../src/foundation/config/index.ts';
import {
  getPlan,
  insertPlanRun,
  insertRepo,
  openActions,
  openStore,
  reviveActions,
  updatePlan,
} from '../../src/foundation/store/index.ts';
import { planText } from '../support/plan-text.ts';
import { endedRun } from '../support/plans-room.ts';
import { until } from '../support/until.ts';

const commit = 'a'.repeat(40);
const deadlineMs = 15 * 60_000;
/** Not called by what is tested here. */
const unused = () => {
  throw new Error('nobody asks for this');
};

const aRun = {
  role: 'fixer',
  round: 0,
  wave: null,
  task: null,
  attempt: 1,
  baseCommit: commit,
  planBase: null,
  state: 'signaled',
} as const;

function setUp(t: Test, setAside: PlanWork['setAside'], settle?: PlansDeps['runs']['settle']) {
  let ahead = 0;
  let pending: (() => void)[] = [];
  let waitedFor = 0;
  const pauses: number[] = [];
  const clock: Clock = {
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    sleep: async (ms, signal) => {
      if (ms === deadlineMs)
        return new Promise((resolve, reject) => {
          pending.push(resolve);
          signal?.addEventListener('abort', () => reject(signal.reason));
        });
      await systemClock.sleep(1, signal);
      pauses.push(Math.round(ms / 1000));
      ahead += ms;
    },
  };
  const store = openStore({ path: join(t.testdir(), 'drover.db'), clock, bus: createBus() });
  const register = store.write((tx) =>
    insertRepo(tx, { id: 'repo_1', path: '/x', pathKey: '/x', project: 'x', trustedHash: null, addedAt: 1 }),
  );
  const work: PlanWork = {
    currentBase: async () => 'main',
    commitOf: async () => commit,
    branchHead: async () => commit,
    branches: async () => new Map(),
    contains: async () => true,
    standing: async () => 'apart',
    moveBranch: unused,
    setAside,
    join: async (_run, { head }) => ({ kind: 'nothing', commit: head }),
    foreignBranchOf: async () => null,
    publishedBy: async () => [],
    measure: unused,
    compare: unused,
  };
  const runs: PlansDeps['runs'] = {
    start: unused,
    row: endedRun,
    cancel: unused,
    settle:
      settle ??
      ((_id, { signal }) => {
        waitedFor += 1;
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      }),
    canGoOn: unused,
    outputOf: unused,
  };
  const deps: PlansDeps = {
    store,
    clock,
    log: silentLog,
    work,
    runs,
    collectSignals: unused,
    settingsOf: async () => ({
      ...planSettings(defaultConfig()),
      agentOf: () => undefined,
      verify: [],
      own: 'none',
      ownProblem: null,
      templateOf: async () => undefined,
      lapsed: null,
    }),
  };
  const outbox = createOutbox(deps);
  t.teardown(async () => {
    await outbox.close();
    await store.close();
  });
  return {
    pauses,
    outbox,
    /** Runs that are waited for. */
    waitedFor: () => waitedFor,
    /** Ends the time of all that is under way. */
    passDeadlines: () => {
      for (const pass of pending) pass();
      pending = [];
    },
    /** A plan that owes a new branch, or something else. Returns what it looks like at any time. */
    indebted: async (name: string, ...owes: readonly Owed[]) => {
      await register;
      const { key } = await createPlan(deps, 'repo_1', { name, content: planText([1]) });
      await store.write((tx) => {
        updatePlan(tx, getPlan(tx, key), { round: 1, updatedAt: tx.now });
        insertPlanRun(tx, {
          ...aRun,
          runId: `run_${name}`,
          actionKey: name,
          planKey: key,
          startedAt: tx.now,
        });
        owe(tx, getPlan(tx, key), owes.length > 0 ? owes : [{ kind: 'renew_branch', round: 1 }]);
      });
      return {
        look: () =>
          store.read((sql) => ({ blocked: getPlan(sql, key).blockedReason, owed: openActions(sql, key) })),
        revive: () => store.write((tx) => reviveActions(tx, key, tx.now)),
      };
    },
  };
}

t.test('what fails is tried again after longer and longer pauses, and is done once', async (t) => {
  let tries = 0;
  const { outbox, indebted, pauses } = setUp(t, async () => {
    tries += 1;
    if (tries <= 5) throw new Error(`no, for the ${tries}. time`);
  });
  const plan = await indebted('late');

  outbox.tick();
  await until('it to be done', () => plan.look().owed.length === 0);

  t.equal(tries, 6);
  t.same(pauses, [1, 5, 20, 60, 300]);
  t.equal(plan.look().blocked, null);
  outbox.tick();
  await outbox.close();
  t.equal(tries, 6, 'what is done is not done again');
});

t.test('after the last try it is given up and the plan waits; revived it is tried afresh', async (t) => {
  let tries = 0;
  let isMended = false;
  const { outbox, indebted } = setUp(t, async () => {
    tries += 1;
    if (!isMended) throw new Error('the disk is full');
  });
  const plan = await indebted('dead');

  outbox.tick();
  await until('it to be given up', () => plan.look().owed[0]?.status === 'dead');

  t.equal(tries, 6);
  t.equal(plan.look().blocked, 'moving its branch failed: the disk is full');
  t.match(plan.look().owed, [{ attempts: 6, error: 'the disk is full' }]);
  outbox.tick();
  isMended = true;
  await plan.revive();
  outbox.tick();
  await until('it to be done', () => plan.look().owed.length === 0);
  t.equal(tries, 7);
});

t.test('what no repetition mends is given up at once', async (t) => {
  const { outbox, indebted, pauses } = setUp(t, async () => {
    throw new AppError('repo_not_found', 'shop is not registered');
  });
  const plan = await indebted('hopeless');

  outbox.tick();
  await until('it to be given up', () => plan.look().owed[0]?.status === 'dead');

  t.same(pauses, []);
  t.match(plan.look(), { blocked: /shop is not registered/, owed: [{ attempts: 1 }] });
});

t.test('one that hangs holds up no other, and is tried again when its time is over', async (t) => {
  let tries = 0;
  const { outbox, indebted, passDeadlines } = setUp(t, async (_repo, { branch }) => {
    if (branch !== 'drover/plan/hangs') return;
    tries += 1;
    if (tries === 1) await new Promise(() => {});
  });
  const [hanging, fine] = [await indebted('hangs'), await indebted('fine')];

  outbox.tick();
  await until('the other to be done', () => fine.look().owed.length === 0);
  t.equal(tries, 1);
  t.match(hanging.look().owed, [{ status: 'pending', attempts: 0 }]);

  passDeadlines();
  await until('it to be done', () => hanging.look().owed.length === 0);
  t.equal(tries, 2);
});

t.test('a stop does not wait for a run that goes on, and leaves its work to the next daemon', async (t) => {
  const { outbox, indebted, waitedFor } = setUp(t, async () => {});
  const plan = await indebted('stops', { kind: 'join', round: 0, task: null, attempt: 1 });

  outbox.tick();
  await until('the run to be waited for', () => waitedFor() === 1);
  await outbox.close();

  t.match(plan.look(), {
    blocked: null,
    owed: [{ kind: 'join', status: 'pending', attempts: 0, error: null }],
  });
});

t.test('work is joined in order: none goes before what was given up', async (t) => {
  let isMended = false;
  const settle = async () => {
    if (!isMended) throw new Error('git is broken');
  };
  const { outbox, indebted } = setUp(t, async () => {}, settle);
  const plan = await indebted(
    'order',
    { kind: 'join', round: 0, task: null, attempt: 1 }, // the run that it waits for is there
    { kind: 'join', round: 1, task: null, attempt: 1 },
  );
  const states = () => plan.look().owed.map(({ status }) => status);

  outbox.tick();
  await until('the first to be given up', () => states()[0] === 'dead');
  outbox.tick();
  await new Promise((resolve) => setImmediate(resolve));
  t.same(states(), ['dead', 'pending']);

  isMended = true;
  await plan.revive();
  outbox.tick();
  await until('both to be done', () => states().length === 0);
});
