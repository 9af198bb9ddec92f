import type { Approval } from '../../src/contract/index.ts';
import { maxSleepMs } from '../../src/domain/runs/expire.ts';
import { type Engine, inWorld } from '../support/engine.ts';
import { until } from '../support/until.ts';
import { createWallClock } from '../support/wall-clock.ts';

const hour = 3_600_000;
const listOf = (engine: Engine, status: 'pending' | 'past'): readonly Approval[] =>
  engine.runs.approvals({ status, limit: 0, cursor: undefined }).items;
const approvalEvents = async (engine: Engine, run: string) =>
  (await engine.types(run)).filter((type) => type.startsWith('approval'));
/** Answers that the agents have heard, of any of the three protocols. */
const answersIn = (heard: readonly string[]) =>
  heard.filter((line) => /"outcome"|"behavior"|"decision"/.test(line));

const runtimes = {
  acp: '"optionId":"no"',
  claude: 'Nobody answered within 1h: denied',
  codex: '"decline"',
} as const;

for (const [runtime, denied] of Object.entries(runtimes)) {
  const clock = createWallClock();
  inWorld(
    `${runtime}: what nobody answers in its time is denied, and the run goes on`,
    async (t, world, engine) => {
      engine.runs.recover();
      const run = await engine.fake(runtime, 'ask');
      const { waiting_on: id } = await engine.reached(run.id, 'waiting');
      const [pending] = listOf(engine, 'pending');
      t.match(pending, { id, default: 'deny', resolved_at: null });
      t.equal(Date.parse(pending?.expires_at ?? '') - Date.parse(pending?.requested_at ?? ''), hour);

      clock.pass(hour - 60_000);
      t.equal(engine.runs.show(run.id).status, 'waiting');
      clock.pass(60_000);

      t.match(await engine.ended(run.id), { status: 'succeeded' });
      t.match(listOf(engine, 'past'), [
        { id, status: 'expired', resolved_by: 'policy', reason: 'Nobody answered within 1h: denied' },
      ]);
      const events = (await engine.events(run.id)).filter(({ type }) => type.startsWith('approval'));
      t.match(events, [
        {
          type: 'approval.requested',
          data: { waits: true, default: 'deny', expires_at: pending?.expires_at },
        },
        { type: 'approval.expired', source: 'daemon', data: { approval_id: id, resolved_by: 'policy' } },
      ]);
      t.equal(events.length, 2);
      const answers = answersIn(await world.heard());
      t.equal(answers.length, 1);
      t.ok(answers[0]?.includes(denied), String(answers[0]));
      await t.rejects(engine.runs.resolve(id ?? '', { decision: 'allow' }, 'ada'), {
        code: 'approval_resolved',
        message: /has expired at .*: Nobody answered within 1h: denied/,
      });
    },
    { clock, policy: { approval_timeout: '1h' } },
  );
}

const allowing = createWallClock();
inWorld(
  'the default may be to allow, once; a question is declined all the same',
  async (t, world, engine) => {
    engine.runs.recover();
    const run = await engine.acp('ask question');
    t.match((await engine.asked(run.id, 1)) && listOf(engine, 'pending'), [{ default: 'allow' }]);
    allowing.pass(hour);
    await engine.asked(run.id, 2);
    t.match(listOf(engine, 'pending'), [{ kind: 'question', default: 'deny' }]);
    allowing.pass(hour);
    await engine.ended(run.id);

    const heard = (await world.heard()).filter((line) => line.includes('"result"'));
    t.ok(heard[0]?.includes('"optionId":"yes"'), String(heard[0]));
    t.ok(heard[1]?.includes('"action":"decline"'), String(heard[1]));
    t.match(
      listOf(engine, 'past').map(({ reason }) => reason),
      ['Nobody answered within 1h: declined', 'Nobody answered within 1h: allowed'],
    );
  },
  { clock: allowing, policy: { approval_timeout: '1h', approval_default: 'allow' } },
);

inWorld('time that is over while no daemon is there is over, once', async (t, world) => {
  const clock = createWallClock();
  const options = { clock, policy: { approval_timeout: '1h' } };
  const first = world.engine(options);
  first.runs.recover();
  const run = await first.acp('ask ask');
  await first.reached(run.id, 'waiting');
  await first.close();
  clock.pass(2 * hour);

  const second = world.engine(options);
  second.runs.recover();
  await second.asked(run.id, 2);
  await second.close();
  const third = world.engine(options);
  third.runs.recover();
  clock.pass(hour);

  t.match(await third.ended(run.id), { status: 'succeeded' });
  t.same(await approvalEvents(third, run.id), [
    'approval.requested',
    'approval.expired',
    'approval.requested',
    'approval.expired',
  ]);
  t.equal(answersIn(await world.heard()).length, 2);
});

const jumping = createWallClock();
inWorld(
  'a clock that is set back and forth expires nothing twice, and a person who was first wins',
  async (t, world, engine) => {
    engine.runs.recover();
    const run = await engine.acp('ask ask');
    const { waiting_on: id } = await engine.reached(run.id, 'waiting');
    const answered = engine.runs.resolve(id ?? '', { decision: 'allow' }, 'ada');
    jumping.pass(hour); // both at once
    await Promise.allSettled([answered]);
    await engine.asked(run.id, 2);
    for (const ms of [-2 * hour, hour, -hour, 2 * hour, hour]) jumping.pass(ms);

    t.match(await engine.ended(run.id), { status: 'succeeded' });
    t.equal(answersIn(await world.heard()).length, 2);
    t.equal((await approvalEvents(engine, run.id)).length, 4);
    t.match(listOf(engine, 'past').length, 2);
  },
  { clock: jumping, policy: { approval_timeout: '1h' } },
);

const twoAgents = createWallClock();
inWorld(
  'one that was asked later and is due sooner is not waited for the longer',
  async (t, _, engine) => {
    engine.runs.recover();
    const patient = await engine.acp('ask');
    await engine.reached(patient.id, 'waiting');
    const hasty = await engine.fake('claude', 'ask');
    await engine.reached(hasty.id, 'waiting');
    const forever = await engine.fake('codex', 'ask');
    await engine.reached(forever.id, 'waiting');

    twoAgents.pass(maxSleepMs / 2);

    t.match(await engine.ended(hasty.id), { status: 'succeeded' });
    t.match(
      listOf(engine, 'pending').map(({ run_id, expires_at }) => [run_id, expires_at === null]),
      [
        [patient.id, false],
        [forever.id, true],
      ],
    );
  },
  { clock: twoAgents, policy: { approval_timeout: '1h' }, approvalTimeouts: { claude: '30s', codex: '0' } },
);

const failing = createWallClock();
let refusals = 0;
inWorld(
  'an answer that could not be stored is given again',
  async (t, world, engine) => {
    engine.runs.recover();
    const run = await engine.acp('ask');
    await engine.reached(run.id, 'waiting');
    refusals = 1;
    failing.pass(hour);
    await until('the refusal', () => refusals === 0);
    t.equal(listOf(engine, 'pending').length, 1, 'nothing of it was stored');

    await until('the next try', () => {
      failing.pass(5000);
      return engine.runs.show(run.id).ended_at !== null;
    });

    t.match(listOf(engine, 'past'), [{ status: 'expired', resolved_by: 'policy' }]);
    t.equal(answersIn(await world.heard()).length, 1);
  },
  {
    clock: failing,
    policy: { approval_timeout: '1h' },
    change: ({ store }) => ({
      store: {
        ...store,
        write: async (work) => {
          if (refusals > 0) {
            refusals -= 1;
            throw new Error('the disk is full');
          }
          return store.write(work);
        },
      },
    }),
  },
);
