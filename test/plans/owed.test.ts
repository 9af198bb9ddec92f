/** What a plan owes is not stuck behind something else, not lost, and not charged to a plan that is over. */
import t from 'tap';
import { systemClock } from '../../src/base/index.ts';
import { AppError } from '../../src/contract/index.ts';
import { changePlan, owe } from '../../src/domain/plans/change.ts';
import type { RepoPlanSettings } from '../../src/domain/plans/index.ts';
import { planEvent } from '../support/plan-state.ts';
import { baseCommit, hastyClock, nextCommit, noAgent, plansRoom, startOf } from '../support/plans-room.ts';
import { until } from '../support/until.ts';

const joined = async () => ({ kind: 'joined', commit: nextCommit }) as const;

t.test('finished work is joined while the start of another task is paused', async (t) => {
  const room = await plansRoom(t, {
    work: { join: joined },
    runs: {
      start: async () => {
        throw new Error('the disk is full');
      },
    },
  });
  await room.set({}, { status: 'running', attempt: 1 });
  await room.ran('run_1', { state: 'open' });
  await room.store.write((tx) => owe(tx, room.row(), [startOf(2)]));
  room.plans.recover();
  await until('the start to fail', () => room.owed().some(({ attempts }) => attempts > 0));

  await room.plans.signal(
    room.repo,
    { plan: 'auth', event: 'task_finished', wave: 1, task: 1 },
    { speaker: { kind: 'run', runId: 'run_1' } },
  );
  await until('task 1 to be merged', () => room.task(1)?.status === 'merged');
  t.match(room.owed(), [{ kind: 'spawn', status: 'pending', error: 'the disk is full' }]);
});

t.test('finished work is joined while the plan waits for an answer, and nobody is started', async (t) => {
  const room = await plansRoom(t, { work: { join: joined } });
  await room.set(
    { blockedReason: 'red or blue?', blockedBy: 'agent', blockedAt: 1 },
    { status: 'running', attempt: 1 },
  );
  await room.ran('run_1', { state: 'open' });
  await room.store.write((tx) => owe(tx, room.row(), [startOf(2)]));
  room.plans.recover();

  await room.plans.signal(
    room.repo,
    { plan: 'auth', event: 'task_finished', wave: 1, task: 1 },
    { speaker: { kind: 'run', runId: 'run_1' } },
  );
  await until('task 1 to be merged', () => room.task(1)?.status === 'merged');
  t.match(room.owed(), [{ kind: 'spawn', status: 'pending', attempts: 0 }]);
});

t.test('a start waits for what moves the branch, however long that is paused', async (t) => {
  let started = 0;
  const room = await plansRoom(t, {
    work: {
      setAside: async () => {
        throw new Error('the branch is checked out');
      },
    },
    runs: {
      start: async () => {
        started += 1;
        throw new Error('too early');
      },
    },
  });
  await room.set({ status: 'planning', phase: 'planning' });
  await room.store.write((tx) =>
    owe(tx, room.row(), [
      { kind: 'renew_branch', round: 1 },
      { kind: 'spawn', role: 'planner', round: 1, wave: null, task: null, attempt: 1 },
    ]),
  );
  room.plans.recover();
  await until('it to fail', () => room.owed().some(({ attempts }) => attempts > 0));
  room.plans.tick();
  t.equal(started, 0);
});

t.test('a clock that was ahead and is put back stops nothing', async (t) => {
  let ahead = 30 * 24 * 3600_000;
  let started = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + ahead };
  const start = async () => {
    started += 1;
    throw new AppError('no_agent', 'no agent was found');
  };
  const room = await plansRoom(t, { clock, runs: { start } });
  await room.set({}, { status: 'running', attempt: 1 });
  await room.store.write((tx) => owe(tx, room.row(), [startOf(1)]));
  ahead = 0;
  room.plans.recover();
  await room.givenUp();
  t.equal(started, 1);
});

t.test('a plan that is cancelled while a start of it fails is cancelled, and waits for nobody', async (t) => {
  let fail = () => {};
  const failing = new Promise<void>((resolve) => {
    fail = resolve;
  });
  let isOver = false;
  const room = await plansRoom(t, {
    runs: {
      start: async () => {
        await failing;
        isOver = true;
        return noAgent();
      },
    },
  });
  room.plans.recover();
  await room.say('plan_start');
  await room.say('cancel');
  fail();
  await until('the start to fail', () => isOver);
  await room.plans.close();
  t.match(room.row(), { status: 'cancelled', blockedReason: null });
});

t.test('a verified plan whose branch could not be moved is tried again by `retry`', async (t) => {
  let isBusy = true;
  let movedTo: string | null = null;
  const room = await plansRoom(t, {
    clock: hastyClock(),
    work: {
      moveBranch: async (_repo, { to }) => {
        if (isBusy) throw new AppError('checkout_busy', 'The branch drover/plan/auth is checked out');
        movedTo = to;
      },
    },
  });
  await room.set({ status: 'verifying', phase: null }, { status: 'merged', attempt: 1 });
  room.plans.recover();
  const settings: RepoPlanSettings = await room.deps.settingsOf('repo_1');
  await room.store.write((tx) => {
    const facts = {
      head: baseCommit,
      base: baseCommit,
      shown: baseCommit,
      selfFix: { lines: 3, commit: nextCommit, branch: null },
      diffHash: '',
    };
    const event = planEvent('verify_approved', { by: 'agent', who: 'run_v', facts, now: tx.now });
    t.ok(changePlan(tx, { planKey: room.row().key, settings, event }).ok);
  });
  await room.givenUp();
  t.match(room.row(), { status: 'done', blockedReason: /checked out/ });

  isBusy = false;
  await room.say('retry');
  await until('its branch to be moved', () => room.owed().length === 0);
  t.equal(movedTo, nextCommit);
  t.match(room.row(), { status: 'done', blockedReason: null, headCommit: nextCommit });
  await t.rejects(room.say('retry'), { message: /nothing of it has failed/ });
});

t.test(
  'what a fixer has made is joined by `retry`, also once a person has approved without it',
  async (t) => {
    let isFitting = false;
    const room = await plansRoom(t, {
      settings: { autoReadinessReview: false },
      work: { join: async () => (isFitting ? joined() : { kind: 'conflict', files: ['a.txt'] }) },
    });
    await room.set({ phase: 'fixing', round: 3 }, { status: 'merged', attempt: 1 });
    await room.ran('run_f', { role: 'fixer', round: 3, wave: null, task: null, state: 'open' });
    room.plans.recover();
    await room.plans.signal(
      room.repo,
      { plan: 'auth', event: 'implement_finished' },
      { speaker: { kind: 'run', runId: 'run_f' } },
    );
    await room.givenUp();
    await room.say('review_approved');
    t.match(room.row(), { status: 'done' });
    t.match(room.owed(), [{ kind: 'join', status: 'dead' }], 'it is on the page still');

    isFitting = true;
    await room.say('retry');
    await until('it to be joined', () => room.owed().length === 0);
    t.equal(room.row().headCommit, nextCommit);
  },
);

t.test('a join that outlives its deadline is carried twice and done once', async (t) => {
  let passDeadline = () => {};
  let goOn = () => {};
  const slow = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const clock = {
    ...systemClock,
    sleep: (ms: number, signal?: AbortSignal) =>
      ms === 15 * 60_000
        ? new Promise<void>((resolve, reject) => {
            passDeadline = resolve;
            signal?.addEventListener('abort', () => reject(signal.reason));
          })
        : systemClock.sleep(Math.min(ms, 10), signal),
  };
  let branch = baseCommit;
  let calls = 0;
  let queue: Promise<unknown> = Promise.resolve();
  // As the real one: one at a time, and it compares, announces and moves.
  const room = await plansRoom(t, {
    clock,
    work: {
      join: (_run, { head, announced, announce }) => {
        calls += 1;
        const mine = queue.then(async () => {
          await slow;
          if (branch === announced()) return { kind: 'joined', commit: branch } as const;
          if (branch !== head) return { kind: 'moved', commit: branch } as const;
          await announce(nextCommit);
          branch = nextCommit;
          return { kind: 'joined', commit: branch } as const;
        });
        queue = mine;
        return mine;
      },
    },
  });
  await room.set({ status: 'reviewing', phase: null, round: 4 }, { status: 'merged', attempt: 1 });
  await room.ran('run_f', { role: 'fixer', round: 3, wave: null, task: null, state: 'signaled' });
  await room.store.write((tx) => owe(tx, room.row(), [{ kind: 'join', round: 3, task: null, attempt: 1 }]));
  room.plans.recover();
  await until('it to begin', () => calls === 1);
  passDeadline();
  await until('it to be tried again', () => room.owed().some(({ attempts }) => attempts === 1));
  await until('the second to wait for its turn', () => calls === 2);
  goOn();
  await until('it to be done', () => room.owed().length === 0);
  t.match(room.row(), { blockedReason: null, headCommit: nextCommit });
});

t.test(
  'a person takes what the last coder has made, also after a `retry` that could start nobody',
  async (t) => {
    const taken: string[] = [];
    const room = await plansRoom(t, {
      work: {
        join: async ({ id }) => {
          taken.push(id);
          return joined();
        },
      },
      runs: { start: noAgent },
    });
    await room.set(
      { phase: 'wave_waiting', blockedReason: 'wave 1 has failed', blockedBy: 'daemon', blockedAt: 1 },
      { status: 'failed', attempt: 2, reason: 'the coder failed' },
    );
    for (const attempt of [1, 2]) await room.ran(`run_${attempt}`, { attempt });
    room.plans.recover();
    await room.say('retry');
    await room.givenUp();

    await room.say('task_finished', { task: 1 });
    await until('it to be merged', () => room.task(1)?.status === 'merged');
    t.same(taken, ['run_2']);
    t.equal(room.task(1)?.reason, null, 'it has changed something');
  },
);

t.test('a person takes a task as it is: of its runs, the last that made anything', async (t) => {
  const taken: string[] = [];
  const room = await plansRoom(t, {
    work: {
      join: async ({ id }, { head }) => {
        taken.push(id);
        return id === 'run_coder' ? joined() : { kind: 'nothing', commit: head };
      },
    },
  });
  await room.set(
    { phase: 'wave_waiting', blockedReason: 'wave 1 has failed', blockedBy: 'daemon', blockedAt: 1 },
    { status: 'failed', attempt: 3, reason: 'the fixer of task 1 failed' },
  );
  await room.ran('run_coder');
  await room.ran('run_fixer', { role: 'fixer', attempt: 3 });
  room.plans.recover();
  await room.say('task_finished', { task: 1 });
  await until('it to be merged', () => room.task(1)?.status === 'merged');
  t.same(taken, ['run_fixer', 'run_coder']);
});

t.test('work of a run whose journal is gone is not taken for nothing', async (t) => {
  const room = await plansRoom(t, { runs: { row: () => null } });
  await room.set({ phase: 'wave_waiting' }, { status: 'failed', attempt: 2, reason: 'the coder failed' });
  await room.ran('run_1');
  room.plans.recover();
  await room.say('task_finished', { task: 1 });
  await room.givenUp();
  t.match(room.row().blockedReason, /run_1, which has worked on it, is gone/);
  t.equal(room.task(1)?.status, 'merging');
});

t.test('a plan whose base is gone before its branch was made is given another one', async (t) => {
  const based: string[] = [];
  let isGone = false;
  const room = await plansRoom(t, {
    work: {
      branchHead: async () => null,
      commitOf: async (_repo, base) => {
        based.push(base);
        if (isGone && base !== 'trunk') throw new AppError('base_not_found', `'${base}' is no branch`);
        return baseCommit;
      },
    },
    runs: { start: noAgent },
  });
  isGone = true;
  await room.set({ headCommit: null, baseCommit: null }, { status: 'running', attempt: 1 });
  await room.store.write((tx) => owe(tx, room.row(), [startOf(1)]));
  room.plans.recover();
  await room.givenUp();
  t.match(room.row().blockedReason, /drover plan edit auth --base BRANCH, then drover plan retry auth/);

  await room.plans.update(room.repo, 'auth', { base: 'trunk' });
  await room.say('retry');
  await until('its branch to be made', () => room.row().headCommit === baseCommit);
  t.equal(based.at(-1), 'trunk');
  await t.rejects(room.plans.update(room.repo, 'auth', { base: 'trunk' }), { code: 'plan_refused' });
});

t.test('commits that a run has pushed are told once, and taken when a person lets it go on', async (t) => {
  const room = await plansRoom(t, {
    work: { join: joined, publishedBy: async () => ['main', 'origin/main'] },
  });
  await room.set({}, { status: 'running', attempt: 1 });
  await room.ran('run_1', { state: 'open' });
  room.plans.recover();
  await room.plans.signal(
    room.repo,
    { plan: 'auth', event: 'task_finished', wave: 1, task: 1 },
    { speaker: { kind: 'run', runId: 'run_1' } },
  );
  await room.givenUp();
  t.match(room.row().blockedReason, /commits of run_1 are on main, origin\/main, where drover did not put/);
  t.equal(room.task(1)?.status, 'merging');

  await room.say('retry');
  await until('it to be merged', () => room.task(1)?.status === 'merged');
});
