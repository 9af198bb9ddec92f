import { writeFile } from 'node:fs/promises';
import t from 'tap';
import { getRun } from '../../src/foundation/store/index.ts';
import { inWorld } from '../support/engine.ts';
import { crashWhileSending, heardMethods, inputOf } from '../support/engine-inputs.ts';
import { createRandom } from '../support/random.ts';
import { until } from '../support/until.ts';

for (const agent of ['acp', 'claude'] as const) {
  inWorld(
    `${agent}: what is said at work is read in the order it was said, before the run ends`,
    async (t, world, engine) => {
      const run = await engine[agent](`file:${world.home}/go say:first`);
      await engine.reached(run.id, 'running');

      const sent = await engine.runs.send(run.id, 'say:second');
      const last = await engine.runs.send(run.id, 'say:third');
      t.match(engine.runs.show(run.id), { status: 'running' });
      await writeFile(`${world.home}/go`, '');
      const end = await engine.ended(run.id);

      t.match(end, { status: 'succeeded', result: 'third' });
      t.match(sent, { run_id: run.id, input_id: /^inp_/ });
      const events = (await engine.events(run.id)).filter(({ type }) => type.startsWith('input.'));
      const told = (type: string) => events.filter((event) => event.type === type).map(({ data }) => data);
      t.same(told('input.received'), [
        { input_id: sent.input_id, text: 'say:second' },
        { input_id: last.input_id, text: 'say:third' },
      ]);
      t.same(told('input.read'), [{ input_id: sent.input_id }, { input_id: last.input_id }]);
      t.equal(events.length, 4);
      t.equal(events[0]?.source, 'person');
    },
  );

  inWorld(`${agent}: what nobody reads any more is said`, async (t, world, engine) => {
    const run = await engine[agent](`file:${world.home}/go die`);
    await engine.reached(run.id, 'running');
    await until('the prompt to be read', async () =>
      (await world.heard()).some((line) => line.includes('die')),
    );

    const sent = await engine.runs.send(run.id, 'say:never');
    await writeFile(`${world.home}/go`, '');

    t.match(await engine.ended(run.id), { status: 'failed', error: { code: 'agent_exited' } });
    const unread = (await engine.events(run.id)).filter(({ type }) => type === 'input.unread');
    t.match(unread, [{ data: { input_id: sent.input_id, reason: /gone before it had read it/ } }]);
  });
}

inWorld('a message outlives the daemon that took it', async (t, world, engine) => {
  const run = await engine.acp(`file:${world.home}/go say:first`);
  await engine.reached(run.id, 'running');
  await engine.runs.send(run.id, 'say:second');
  await engine.close();
  await writeFile(`${world.home}/go`, '');

  const next = world.engine();
  next.runs.recover();

  t.match(await next.ended(run.id), { status: 'succeeded', result: 'second' });
  t.same((await heardMethods(world)).filter((method) => method === 'session/prompt').length, 2);
});

inWorld(
  'a message that may have arrived is not said twice where the agent would take it so',
  async (t, world, engine) => {
    const run = await engine.acp(`file:${world.home}/go say:first`);
    await engine.reached(run.id, 'running');
    const { input_id: id } = await engine.runs.send(run.id, `file:${world.home}/on say:second`);
    await writeFile(`${world.home}/go`, '');
    const key = `say:${id}`;
    await until('its mark', () => inputOf(engine, key)?.state === 'sent');
    t.equal(inputOf(engine, key)?.replay, 'unsafe');

    const next = await crashWhileSending(world, engine, key);
    next.runs.recover();
    t.match(await next.reached(run.id, 'waiting'), { waiting_on: 'input' });
    await writeFile(`${world.home}/on`, '');

    t.match(await next.ended(run.id), { status: 'succeeded', result: 'second' });
    t.ok((await next.types(run.id)).includes('input.uncertain'));
    t.equal((await heardMethods(world)).filter((method) => method === 'session/prompt').length, 2);
  },
);

inWorld(
  'a message is refused, with the reason, where nobody would read it',
  async (t, _, engine) => {
    const command = await engine.sh('sleep 30');
    await engine.reached(command.id, 'running');
    const queued = await engine.acp('say:later');
    const refusal = (id: string, text = 'hello') =>
      engine.runs.send(id, text).then(
        () => null,
        (error: unknown) => error,
      );

    t.match(await refusal(command.id), {
      code: 'option_unsupported',
      message: /said to command: it reads no input/,
    });
    t.match(await refusal(queued.id), { code: 'run_not_started', message: /waits in the queue/ });
    t.equal(await engine.runs.cancel(command.id, 'test'), 'canceled');
    t.match(await engine.ended(queued.id), { status: 'succeeded' });
    t.match(await refusal(queued.id), {
      code: 'run_ended',
      hint: `go on in its session: drover run --session ${queued.id} "…"`,
    });
    t.match(await refusal('run_nothing'), { code: 'run_not_found' });
    t.notOk((await engine.types(queued.id)).includes('input.received'));
  },
  { queueLimits: { maxRuns: 1 } },
);

inWorld('what an agent cannot hold is refused, and nothing of it is stored', async (t, world, engine) => {
  const run = await engine.acp(`file:${world.home}/go say:done`);
  await engine.reached(run.id, 'running');
  const before = engine.store.read((sql) => getRun(sql, engine.runs.row(run.id).key)).adapterState;

  await t.rejects(engine.runs.send(run.id, 'x'.repeat(300_000)), {
    code: 'input_refused',
    message: /^The message was not sent: the agent cannot be told more than 256 Ki characters/,
  });

  t.same(engine.store.read((sql) => getRun(sql, engine.runs.row(run.id).key)).adapterState, before);
  await writeFile(`${world.home}/go`, '');
  t.match(await engine.ended(run.id), { status: 'succeeded', result: 'done' });
  t.notOk((await engine.types(run.id)).some((type) => type.startsWith('input.')));
});

const random = createRandom();
t.comment(`seed ${random.seed}: repeat with DROVER_TEST_SEED=${random.seed}`);

inWorld('a message at the very end is read, or refused, never taken and lost', async (t, _, engine) => {
  const round = async () => {
    const { id } = await engine.acp('say:done');
    await engine.reached(id, 'running');
    const taken: string[] = [];
    const fates = async () =>
      (await engine.events(id)).filter(({ type }) => type === 'input.read' || type === 'input.unread');
    for (;;) {
      const refusal = await engine.runs.send(id, 'say:more').then(
        ({ input_id }) => void taken.push(input_id),
        (error: unknown) => error,
      );
      if (refusal !== undefined) {
        t.match(refusal, { code: 'run_ended' });
        break;
      }
      await until('it to be read', async () => (await fates()).length === taken.length);
      for (let turns = random.below(200); turns > 0; turns -= 1) await new Promise(setImmediate);
    }
    t.match(await engine.ended(id), { status: 'succeeded' });
    const read = taken.map((key) => ['input.read', key]);
    t.same(
      (await fates()).map(({ type, data }) => [type, data.input_id]),
      read,
    );
    return taken.length;
  };

  let taken = 0;
  for (let rounds = 0; rounds < 4; rounds += 1) taken += await round();

  t.ok(taken > 0, `${taken} messages were taken`);
});
