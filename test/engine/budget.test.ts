import t from 'tap';
import { localDay } from '../../src/base/index.ts';
import { overrunOfRun, untoldLimit } from '../../src/domain/runs/budget.ts';
import { addUsageOfDay } from '../../src/foundation/store/index.ts';
import { type Engine, inWorld } from '../support/engine.ts';
import { movableClock } from '../support/movable-clock.ts';

const dayMs = 86_400_000;
const noBudget = { costPerRun: 0, tokensPerRun: 0, costPerDay: 0, tokensPerDay: 0 };

/** As other runs of this day left it. */
const spendToday = (engine: Engine, spent: { inputTokens: number; costUsd: number | null }) =>
  engine.store.write((tx) => {
    addUsageOfDay(tx, { day: localDay(tx.now), repoId: null, agent: 'claude', outputTokens: 0, ...spent });
  });

inWorld(
  'a run that uses up its tokens is stopped in mid-turn, and its session is kept',
  async (t, world, engine) => {
    const run = await engine.claude(`spend:90:0 spend:20:0 file:${world.home}/never`, { max_tokens: 100 });

    const end = await engine.ended(run.id);

    t.match(end, {
      status: 'failed',
      reason: 'Stopped: it used 110 tokens, and its limit is 100 tokens',
      error: { code: 'max_tokens' },
      usage: { input_tokens: 110 },
      max_tokens: 100,
      session_id: 's1',
    });
    t.same(await world.survivors(run.id), []);
  },
);

inWorld('a run that costs its limit begins no further turn', async (t, world, engine) => {
  const run = await engine.claude(`file:${world.home}/go spend:10:0.5`, { max_cost_usd: 0.5 });
  await engine.reached(run.id, 'running');
  await engine.runs.send(run.id, `file:${world.home}/never`);
  await world.touch('go');

  t.match(await engine.ended(run.id), {
    status: 'failed',
    reason: 'Stopped: it used $0.5000, and its limit is $0.5000',
    error: { code: 'max_cost' },
  });
});

inWorld('a run that ends with its last token has ended well', async (t, _, engine) => {
  const run = await engine.claude('spend:100:0.5', { max_cost_usd: 0.5 });

  t.match(await engine.ended(run.id), { status: 'succeeded', cost_usd: 0.5 });
});

inWorld(
  'limits of the configuration hold for every run',
  async (t, world, engine) => {
    const run = await engine.claude(`spend:60:0 file:${world.home}/never`, { max_tokens: 1000 });

    t.match(await engine.ended(run.id), {
      error: { code: 'max_tokens' },
      reason: 'Stopped: it used 60 tokens, and max_tokens_per_run is 50 tokens',
    });
  },
  { budget: { tokensPerRun: 50 } },
);

inWorld(
  'what the day may cost stops the run that crosses it, and holds the queue until the next',
  async (t, world) => {
    const time = movableClock();
    const engine = world.engine({
      ...time.options,
      budget: { tokensPerDay: 100 },
      queueLimits: { maxRuns: 1 },
    });
    const quiet = await engine.sh('true');
    const crossing = await engine.claude(`spend:100:0 file:${world.home}/never`);
    const later = await engine.claude('say:done');
    const command = await engine.sh('true');

    t.match(await engine.ended(crossing.id), {
      error: { code: 'max_tokens' },
      reason: /^Stopped: the runs of 20\d\d-\d\d-\d\d used 100 tokens, and max_tokens_per_day is 100 tokens$/,
    });
    await engine.ended(quiet.id);
    t.match(await engine.ended(command.id), { status: 'succeeded' }, 'a command uses up nothing');
    t.match(engine.runs.show(later.id), {
      status: 'queued',
      reason: /^Waiting: max_tokens_per_day \(100 tokens\) is used up; it starts when the day changes/,
    });
    time.both(dayMs);

    t.match(await engine.ended(later.id), { status: 'succeeded', result: 'done' });
  },
);

inWorld('a limit that is raised lets the queue go on at once', async (t, world) => {
  let costPerDay = 1;
  const engine = world.engine({ change: () => ({ budget: () => ({ ...noBudget, costPerDay }) }) });
  await spendToday(engine, { inputTokens: 1, costUsd: 1.5 });
  const run = await engine.claude('say:done');
  t.match(await engine.waitsBecause(run.id), /max_cost_usd_per_day \(\$1\.00\) is used up/);

  costPerDay = 2;
  engine.runs.tick();

  t.match(await engine.ended(run.id), { status: 'succeeded' });
});

inWorld(
  'a run that waits spends nothing and is left alone, but takes no message that would begin a turn',
  async (t, world, engine) => {
    const run = await engine.claude(`file:${world.home}/go say:done`);
    await engine.reached(run.id, 'running');
    await spendToday(engine, { inputTokens: 500, costUsd: null });

    await t.rejects(engine.runs.send(run.id, 'more'), {
      code: 'budget_used_up',
      message:
        /^The message was not sent: the runs of 20.* used 500 tokens, and max_tokens_per_day is 100 tokens$/,
    });
    await world.touch('go');

    t.match(await engine.ended(run.id), { status: 'succeeded' });
    t.notOk((await engine.types(run.id)).includes('input.received'));
  },
  { budget: { tokensPerDay: 100 } },
);

inWorld('a parked run does not go on when the day has nothing left', async (t, world) => {
  const time = movableClock();
  const engine = world.engine({ ...time.options, budget: { costPerDay: 5 } });
  const run = await engine.claude('limit:20000');
  await engine.reached(run.id, 'waiting');
  await spendToday(engine, { inputTokens: 1, costUsd: 5 });

  time.both(22_000);

  t.match(await engine.ended(run.id), { status: 'failed', error: { code: 'max_cost' } });
  t.notOk((await world.heard()).some((line) => line.includes('Continue where you left off.')));
});

inWorld(
  'a limit that could not be held because the agent told nothing is said at the end',
  async (t, _, engine) => {
    const run = await engine.acp('say:done', { max_cost_usd: 2, max_tokens: 10 });
    await engine.ended(run.id);

    const notices = (await engine.events(run.id)).filter(({ type }) => type === 'agent.notice');
    t.match(notices, [
      {
        source: 'daemon',
        data: {
          text: 'The agent told neither cost nor tokens, so that the limits of $2.00 and 10 tokens could not be held',
        },
      },
    ]);
  },
);

void t.test('the smaller limit holds, and 0 is none', async (t) => {
  const run = { maxCostUsd: 2, maxTokens: null, costUsd: 1, usage: { input_tokens: 40, output_tokens: 2 } };

  t.equal(overrunOfRun(run, noBudget), null);
  t.equal(overrunOfRun(run, { ...noBudget, costPerRun: 3 }), null);
  t.match(overrunOfRun(run, { ...noBudget, costPerRun: 1 }), {
    because: 'max_cost',
    reason: /max_cost_usd_per_run is \$1\.00/,
  });
  t.match(overrunOfRun({ ...run, costUsd: 2 }, { ...noBudget, costPerRun: 3 }), {
    reason: /its limit is \$2\.00/,
  });
  t.equal(overrunOfRun(run, { ...noBudget, tokensPerRun: 43 }), null);
  t.match(overrunOfRun(run, { ...noBudget, tokensPerRun: 42 }), { because: 'max_tokens' });
  t.equal(untoldLimit(run), null);
  t.match(untoldLimit({ ...run, costUsd: null }), /no cost, so that the limit of \$2\.00 could not be held$/);
  t.match(untoldLimit({ ...run, maxTokens: 5, usage: null }), /no tokens, so that the limit of 5 tokens/);
});
