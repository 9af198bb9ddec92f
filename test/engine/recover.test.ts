import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getRun, updateRun } from '../../src/foundation/store/index.ts';
import { inWorld } from '../support/engine.ts';
import { until } from '../support/until.ts';

inWorld('a run whose launch was cut short before its claim is launched again, once', async (t, world) => {
  let launches = 0;
  const first = world.engine({
    change: ({ launch }) => ({
      launch: {
        ...launch,
        launch: async () => {
          launches += 1;
          return { launchedBy: 'session' };
        },
      },
    }),
  });
  const run = await first.sh(`echo started >>${world.home}/starts`);
  await until('the launch', () => first.runs.row(run.id).launchedBy);
  await first.close();

  const next = world.engine();
  next.runs.recover();

  t.match(await next.ended(run.id), { status: 'succeeded' });
  t.equal(await readFile(`${world.home}/starts`, 'utf8'), 'started\n');
  t.equal(launches, 1, 'a launcher that is slow to claim is waited for');
});

inWorld(
  'a launcher that died right after its claim ends the run as interrupted',
  async (t, world, engine) => {
    const run = await engine.sh(`echo started >>${world.home}/starts`);

    t.match(await engine.ended(run.id), {
      status: 'interrupted',
      reason: /cut short before the agent started/,
      started_at: null,
    });
    t.notOk((await engine.types(run.id)).includes('run.started'), 'nothing was started');
  },
  {
    change: ({ launch, clock }) => {
      let skip = 0;
      return {
        // Time passes quickly: the grace of a claim is ten seconds.
        clock: { ...clock, monotonic: () => clock.monotonic() + skip },
        launch: {
          ...launch,
          launch: async (run) => {
            await mkdir(join(launch.folder(run.id), 'claim'));
            setTimeout(() => (skip = 11_000), 50);
            return { launchedBy: 'session' };
          },
        },
      };
    },
  },
);

inWorld('a run of an earlier boot without an exit record is interrupted', async (t, world, engine) => {
  const run = await engine.sh('sleep 30');
  const { id } = await engine.reached(run.id, 'running');
  const pid = engine.runs.row(id).pid ?? 0;
  await engine.close();
  for (const name of ['launcher', 'agent']) {
    const path = join(world.folder(id), name);
    await writeFile(
      path,
      (await readFile(path, 'utf8')).replace(/^boot .*$/m, 'boot 00000000-0000-0000-0000-000000000000'),
    );
  }

  const next = world.engine();
  next.runs.recover();

  t.match(await next.ended(id), { status: 'interrupted', exit_code: null, error: { code: 'interrupted' } });
  process.kill(pid, 'SIGKILL'); // it was of this boot after all
});

inWorld(
  'an end that nobody saw is collected with its output, and a stop intended before it is believed',
  async (t, world, engine) => {
    const ended = await engine.sh('echo done; exit 4');
    const stopped = await engine.sh('sleep 30');
    await engine.ended(ended.id);
    await engine.reached(stopped.id, 'running');
    await engine.close();

    // The daemon died before it stored the end of the one, and right after it stored that the other is to stop.
    const between = world.engine();
    await between.store.write((tx) => {
      const { key } = between.runs.row(ended.id);
      updateRun(tx, key, {
        status: 'running',
        endedAt: null,
        stdoutOffset: 0,
        endSeq: null,
        adapterState: { refused: null, inLine: false, lastWords: null },
      });
      updateRun(tx, between.runs.row(stopped.id).key, { stopKind: 'cancel', stopReason: 'Canceled by ada' });
    });
    await between.close();
    const next = world.engine();
    next.runs.recover();

    t.match(await next.ended(ended.id), { status: 'failed', exit_code: 4, result: 'done' });
    t.match(await next.ended(stopped.id), { status: 'canceled', reason: 'Canceled by ada' });
    t.same(await world.survivors(stopped.id), []);
  },
);

inWorld('an ended run keeps nothing that only a live one needs', async (t, _, engine) => {
  const run = await engine.acp('say:hello');
  await engine.ended(run.id);

  const row = engine.store.read((sql) => getRun(sql, engine.runs.row(run.id).key));
  t.match(row, { adapterState: null, tokenHash: null, waitingOn: null });
  t.ok(row.endSeq);
});
