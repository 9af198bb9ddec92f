/** What is begun for a plan, what is not, and what an end or a new beginning takes away. */
import t from 'tap';
import { owe } from '../../src/domain/plans/change.ts';
import { baseCommit, endedRun, nextCommit, noAgent, plansRoom, startOf } from '../support/plans-room.ts';
import { until } from '../support/until.ts';

const diskFull = async () => {
  throw new Error('the disk is full');
};

t.test('a branch of the plan’s name that is somebody else’s is not taken', async (t) => {
  let moves = 0;
  const room = await plansRoom(t, {
    work: {
      branchHead: async () => nextCommit,
      moveBranch: async () => {
        moves += 1;
      },
    },
  });
  await room.set({ headCommit: null, baseCommit: null }, { status: 'running', attempt: 1 });
  await room.store.write((tx) => owe(tx, room.row(), [startOf(1)]));
  room.plans.recover();
  await room.givenUp();
  t.match(room.row(), {
    headCommit: null,
    blockedReason: /drover\/plan\/auth is there already, at cccccccccc/,
  });
  t.equal(moves, 0);
});

t.test(
  'a crash after the branch was made: it is the plan’s own, also when its base has gone on',
  async (t) => {
    let base = baseCommit;
    let branch: string | null = null;
    let isCrashed = false;
    const room = await plansRoom(t, {
      work: {
        commitOf: async () => base,
        branchHead: async () => branch,
        moveBranch: async (_repo, { to }) => {
          branch = to;
          base = nextCommit;
          if (isCrashed) throw new Error('tried twice');
          isCrashed = true;
          throw new Error('the power is gone');
        },
      },
      runs: { start: noAgent },
    });
    await room.set({ headCommit: null, baseCommit: null }, { status: 'running', attempt: 1 });
    await room.store.write((tx) => owe(tx, room.row(), [startOf(1)]));
    room.plans.recover();
    await room.givenUp();
    t.match(room.row(), { baseCommit, headCommit: baseCommit, blockedReason: /no agent was found/ });
  },
);

t.test('a cancel takes away what was still to be begun, and what was given up', async (t) => {
  let tries = 0;
  const start = () => {
    tries += 1;
    return tries === 1 ? noAgent() : diskFull();
  };
  const room = await plansRoom(t, { runs: { start } });
  await room.set({}, { status: 'running', attempt: 1 });
  room.plans.recover();
  await room.store.write((tx) => owe(tx, room.row(), [startOf(1)]));
  room.plans.tick();
  await room.givenUp();
  await room.store.write((tx) => owe(tx, room.row(), [startOf(2)]));

  await room.say('cancel');
  await until('its runs to be stopped', () => room.owed().length === 0);
  t.match(room.row(), { status: 'cancelled', blockedReason: null });
});

t.test('a new planner stops the ones before it, and not itself', async (t) => {
  const ended: string[] = [];
  const room = await plansRoom(t, {
    runs: {
      row: (id) => ({ ...endedRun(id), endedAt: ended.includes(id) ? 1 : null }),
      cancel: async (id) => void ended.push(id),
    },
  });
  await room.set({ status: 'planning', phase: 'planning', round: 2 });
  const planner = { role: 'planner', wave: null, task: null, state: 'open' } as const;
  await room.ran('run_old', { ...planner, round: 1 });
  await room.ran('run_new', { ...planner, round: 2 });
  await room.store.write((tx) => owe(tx, room.row(), [{ kind: 'stop', role: 'planner', round: 1 }]));
  room.plans.recover();
  await until('it to be done', () => room.owed().length === 0);
  t.same(ended, ['run_old']);
});

t.test('a task whose coder is about to be started is not started twice by a decision', async (t) => {
  const room = await plansRoom(t, { runs: { start: diskFull } });
  await room.set(
    { blockedReason: 'red or blue?', blockedBy: 'agent', blockedAt: 1 },
    { status: 'running', attempt: 1 },
  );
  await room.store.write((tx) => owe(tx, room.row(), [startOf(1)]));
  await room.say('decide', { body: 'blue' });
  t.match([room.task(1), room.task(2)], [{ attempt: 1 }, { attempt: 2 }], 'task 2 has nobody');
  const keys = room.owed().map(({ key }) => key.split(':').slice(1).join(':'));
  t.same(keys, ['spawn:coder:1:1:1:1', 'spawn:coder:1:1:2:2']);
});

t.test('while the rules of the repository are in doubt nobody is started and nothing begun', async (t) => {
  let started = 0;
  const room = await plansRoom(t, {
    settings: { lapsed: 'trust it again' },
    runs: {
      start: async () => {
        started += 1;
        return noAgent();
      },
    },
  });
  await t.rejects(room.say('implement_start'), { message: /trust it again/ });
  await room.set({}, { status: 'running', attempt: 1 });
  await room.store.write((tx) => owe(tx, room.row(), [startOf(1)]));
  room.plans.recover();
  await until('it to wait', () => room.row().blockedReason !== null);
  t.match(room.row().blockedReason, /trust it again, then drover plan decide auth/);
  t.match(room.owed(), [{ status: 'pending', attempts: 0 }], 'its action waits for the decision');
  t.equal(started, 0);
});
