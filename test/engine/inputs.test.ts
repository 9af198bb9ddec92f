import { writeFile } from 'node:fs/promises';
import { AppError } from '../../src/contract/index.ts';
import { type InputRow, setInputState } from '../../src/foundation/store/index.ts';
import { type EngineOptions, inWorld } from '../support/engine.ts';
import { crashWhileSending, heardMethods, inputOf } from '../support/engine-inputs.ts';
import { until } from '../support/until.ts';

inWorld('a safe line that may have arrived is written again', async (t, world, engine) => {
  const run = await engine.acp(`ask file:${world.home}/go say:done`);
  const { waiting_on: id } = await engine.reached(run.id, 'waiting');
  await engine.runs.resolve(id ?? '', { decision: 'allow' }, 'ada');
  await until('its mark', () => inputOf(engine, 'answer:ask-1')?.state === 'sent');
  const before = (await heardMethods(world)).filter((method) => method === 'answer').length;

  const next = await crashWhileSending(world, engine, 'answer:ask-1');
  next.runs.recover();
  await until(
    'it again',
    async () => (await heardMethods(world)).filter((method) => method === 'answer').length === before + 1,
  );
  await writeFile(`${world.home}/go`, '');

  t.match(await next.ended(run.id), { status: 'succeeded' });
});

const failOnce = (state: InputRow['state']): NonNullable<EngineOptions['change']> => {
  let failures = 1;
  return ({ store }) => ({
    store: {
      ...store,
      write: (work) =>
        store.write((tx) =>
          work({
            ...tx,
            run: (sql, ...values) => {
              if (sql.startsWith('UPDATE inputs') && values[0] === state && failures-- > 0)
                throw new AppError('storage_failed', 'disk full');
              return tx.run(sql, ...values);
            },
          }),
        ),
    },
  });
};

for (const state of ['sending', 'sent'] as const) {
  inWorld(
    `the prompt was written twice when only its mark '${state}' met a full disk`,
    async (t, world, engine) => {
      const run = await engine.acp('say:done');

      t.match(await engine.ended(run.id), { status: 'succeeded', result: 'done' });
      t.same(await heardMethods(world), ['initialize', 'session/new', 'session/prompt']);
    },
    { change: failOnce(state) },
  );
}

inWorld(
  'an answered approval set a run going that still did not know whether its input arrived',
  async (t, world, engine) => {
    const run = await engine.acp(`ask file:${world.home}/go`);
    const { waiting_on: id } = await engine.reached(run.id, 'waiting');
    const prompt = inputOf(engine, 'initialize');
    await engine.store.write((tx) => setInputState(tx, prompt?.key ?? 0, 'uncertain'));

    await engine.runs.resolve(id ?? '', { decision: 'allow' }, 'ada');

    t.match(engine.runs.show(run.id), { status: 'waiting', waiting_on: 'input' });
    t.equal(await engine.runs.cancel(run.id, 'test'), 'canceled');
  },
);
