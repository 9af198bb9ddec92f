import { writeFile } from 'node:fs/promises';
import { inWorld } from '../support/engine.ts';
import { quickTime } from '../support/quick-time.ts';
import { until } from '../support/until.ts';

const answersIn = (heard: readonly string[]) => heard.filter((line) => line.includes('"outcome"'));

inWorld('allow, always and deny reach the agent as the option that fits', async (t, world, engine) => {
  const run = await engine.acp('ask ask ask');
  const answer = async (body: Parameters<typeof engine.runs.resolve>[1], before: number) => {
    await until(
      'the next question',
      () =>
        engine.runs.show(run.id).waiting_on !== null &&
        engine.runs.approvals({ status: 'past', limit: 0, cursor: undefined }).items.length === before,
    );
    return engine.runs.resolve(engine.runs.show(run.id).waiting_on ?? '', body, 'ada');
  };

  t.match(await answer({ decision: 'allow' }, 0), { status: 'allowed', resolved_by: 'ada' });
  t.match(await answer({ decision: 'allow', always: true }, 1), { status: 'allowed' });
  t.match(await answer({ decision: 'deny', reason: 'no' }, 2), { status: 'denied', reason: 'no' });
  const end = await engine.ended(run.id);

  t.match(end, { status: 'succeeded', exit_code: 0 });
  t.same(
    (await engine.events(run.id))
      .flatMap(({ data }) => /"optionId":"(\w+)"/.exec(`${data.text}`)?.[1] ?? [])
      .filter((_, index) => index % 2 === 0),
    ['yes', 'always', 'no'],
  );
  t.equal(
    (await world.heard())[0],
    JSON.stringify(JSON.parse((await world.heard())[0] ?? '{}')),
    'no blank line came first',
  );
});

inWorld('of two answers at once the first wins, and the agent hears one', async (t, world, engine) => {
  const run = await engine.acp('ask');
  const { waiting_on: id } = await engine.reached(run.id, 'waiting');

  const [first, second] = await Promise.allSettled([
    engine.runs.resolve(id ?? '', { decision: 'allow' }, 'ada'),
    engine.runs.resolve(id ?? '', { decision: 'deny' }, 'bob'),
  ]);
  await engine.ended(run.id);

  t.match(first, { status: 'fulfilled', value: { status: 'allowed', resolved_by: 'ada' } });
  t.match(second, {
    status: 'rejected',
    reason: { code: 'approval_resolved', message: /allowed already by ada/ },
  });
  t.equal(answersIn(await world.heard()).length, 1);
  await t.rejects(engine.runs.resolve(id ?? '', { decision: 'allow' }, 'eve'), { code: 'approval_resolved' });
});

inWorld('an approval is answered once across a restart', async (t, world, engine) => {
  const run = await engine.acp('ask');
  const { waiting_on: id } = await engine.reached(run.id, 'waiting');
  await engine.close();

  const next = world.engine();
  next.runs.recover();
  t.match(next.runs.approvals({ status: 'pending', limit: 0, cursor: undefined }).items, [
    { id, run_id: run.id },
  ]);
  await next.runs.resolve(id ?? '', { decision: 'allow' }, 'ada');
  await next.ended(run.id);
  await next.close();
  const last = world.engine();
  last.runs.recover();

  t.match(last.runs.show(run.id), { status: 'succeeded' });
  t.equal(answersIn(await world.heard()).length, 1);
  t.same(
    (await last.types(run.id)).filter((type) => type.startsWith('approval')),
    ['approval.requested', 'approval.resolved'],
  );
});

inWorld(
  'an answer that was stored just before the daemon stopped is written by the next one, once',
  async (t, world, engine) => {
    const run = await engine.acp('ask');
    const { waiting_on: id } = await engine.reached(run.id, 'waiting');

    const answered = engine.runs.resolve(id ?? '', { decision: 'allow' }, 'ada');
    const closed = engine.close();
    await answered;
    await closed;
    const next = world.engine();
    next.runs.recover();

    t.match(await next.ended(run.id), { status: 'succeeded' });
    t.equal(answersIn(await world.heard()).length, 1);
  },
);

inWorld('a cancel expires what still waits', async (t, _, engine) => {
  const run = await engine.acp('ask');
  const { waiting_on: id } = await engine.reached(run.id, 'waiting');

  t.equal(await engine.runs.cancel(run.id, 'test'), 'canceled');

  t.match(engine.runs.approvals({ status: 'past', limit: 0, cursor: undefined }).items, [
    { id, status: 'expired' },
  ]);
  await t.rejects(engine.runs.resolve(id ?? '', { decision: 'allow' }, 'ada'), { code: 'approval_resolved' });
});

inWorld(
  'what the run’s mode allows is in the inbox’s past, with an id of its own and who it was',
  async (t, _, engine) => {
    const run = await engine.acp('ask ask', { approval_mode: 'auto' });
    await engine.ended(run.id);

    const past = engine.runs.approvals({ status: 'past', limit: 0, cursor: undefined }).items;
    t.equal(past.length, 2);
    t.match(past[0], {
      run_id: run.id,
      status: 'allowed',
      resolved_by: 'policy',
      reason: 'Approval mode auto',
    });
    const events = (await engine.events(run.id)).filter((event) => event.type.startsWith('approval'));
    t.same(
      events.map((event) => event.type),
      ['approval.requested', 'approval.resolved', 'approval.requested', 'approval.resolved'],
    );
    t.same(
      new Set(events.map((event) => event.data.approval_id)),
      new Set(past.map((approval) => approval.id)),
    );
    t.notOk((await engine.types(run.id)).includes('run.waiting'));
  },
);

inWorld(
  'an answer that fits no option of a permission is refused, not passed on as a refusal',
  async (t, _, engine) => {
    const run = await engine.acp('ask');
    const { waiting_on: id = '' } = await engine.reached(run.id, 'waiting');

    await t.rejects(engine.runs.resolve(id ?? '', { decision: 'answer', text: 'maybe' }, 'ada'), {
      code: 'invalid_request',
    });
    await t.rejects(engine.runs.resolve(id ?? '', { decision: 'allow', option_id: 'nope' }, 'ada'), {
      code: 'invalid_request',
    });
    t.match(await engine.runs.resolve(id ?? '', { decision: 'answer', text: 'Always' }, 'ada'), {
      status: 'answered',
    });
    t.match((await engine.ended(run.id)).result, /"always"/);
  },
);

inWorld(
  'a run that waited longer than idle_timeout was stopped as idle when it was answered',
  async (t, world) => {
    const time = quickTime({ idleMs: 60_000, pollMs: 20 });
    const engine = world.engine(time.options);
    const run = await engine.acp(`ask file:${world.home}/go say:done`);
    const { waiting_on: id } = await engine.reached(run.id, 'waiting');
    await time.pass(70_000);

    await engine.runs.resolve(id ?? '', { decision: 'allow' }, 'ada');
    await engine.reached(run.id, 'running');
    await time.pass(0);
    await writeFile(`${world.home}/go`, '');

    t.match(await engine.ended(run.id), { status: 'succeeded' });
  },
);
