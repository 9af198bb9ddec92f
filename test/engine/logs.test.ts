import { buffer } from 'node:stream/consumers';
import { type LogType, openLog } from '../../src/domain/runs/index.ts';
import { type Engine, inWorld } from '../support/engine.ts';

const read = async (engine: Engine, id: string, type: LogType, tail?: number) => {
  const log = await openLog(
    { store: engine.store, outputFile: engine.launch.outputFile },
    engine.runs.row(id),
    {
      type,
      tail,
      offset: undefined,
    },
  );
  return (await buffer(log.bytes)).toString();
};

inWorld(
  'each type gives what it says: raw streams, the protocol, or what was said besides it',
  async (t, _, engine) => {
    const command = await engine.sh('echo one; sleep 0.2; echo two >&2; sleep 0.2; printf three');
    const agent = await engine.acp('noise:beside say:inside');
    await engine.ended(command.id);
    await engine.ended(agent.id);

    t.equal(await read(engine, command.id, 'stdout'), 'one\nthree');
    t.equal(await read(engine, command.id, 'stderr'), 'two\n');
    t.equal(await read(engine, command.id, 'process'), 'one\ntwo\nthree');
    t.equal(await read(engine, agent.id, 'process'), 'beside\n');
    t.match(await read(engine, agent.id, 'transcript'), /"agent_message_chunk".*inside/);
  },
);

inWorld('tail counts lines, also where a piece holds many of them or a part of one', async (t, _, engine) => {
  const long = 'x'.repeat(150_000);
  const run = await engine.sh(`seq 1 200000; printf '%150000s' | tr ' ' x; echo; echo last`);
  await engine.ended(run.id);

  for (const type of ['process', 'stdout'] as const) {
    t.equal(await read(engine, run.id, type, 0), '', type);
    t.equal(await read(engine, run.id, type, 1), 'last\n');
    t.ok((await read(engine, run.id, type, 2)) === `${long}\nlast\n`, 'the whole long line');
    t.ok((await read(engine, run.id, type, 4)) === `199999\n200000\n${long}\nlast\n`);
    t.equal((await read(engine, run.id, type, 1000)).split('\n').length, 1001);
    t.ok((await read(engine, run.id, type, 1_000_000)).startsWith('1\n2\n'));
  }
});
