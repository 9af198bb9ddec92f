import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunsDeps } from '../../src/domain/runs/index.ts';
import { inWorld, type World } from '../support/engine.ts';

/** Engines whose places are to be set up by these commands. */
const settingUp =
  (world: World, commands: readonly string[], marker = join(world.home, 'marker')) =>
  (deps: RunsDeps): Partial<RunsDeps> => ({
    work: {
      ...deps.work,
      prepare: async (run, owner) => ({
        ...(await deps.work.prepare(run, owner)),
        notices: ['something to know'],
        setUp: { commands, marker },
      }),
    },
  });

inWorld('set-up runs before the agent, in its place, and once', async (t, world, idle) => {
  await idle.close();
  const commands = [
    'echo one; read line || echo no stdin',
    'echo "two $DROVER_RUN_ID" >>set-up',
    'echo err >&2',
  ];
  const engine = world.engine({ change: settingUp(world, commands) });

  const first = await engine.sh('cat set-up; cat', {});
  await engine.ended(first.id);
  const events = await engine.events(first.id);

  t.match(engine.runs.show(first.id), { status: 'succeeded' });
  const text = (type: string) => events.filter((event) => event.type === type).map(({ data }) => data.text);
  t.same(text('output.stdout'), [`two ${first.id}`], 'stdout is the agent’s alone');
  t.same(text('output.stderr'), [
    `drover: set-up: ${commands[0]}`,
    'one',
    'no stdin',
    `drover: set-up: ${commands[1]}`,
    `drover: set-up: ${commands[2]}`,
    'err',
  ]);
  t.same(text('run.notice'), ['something to know']);

  const second = await engine.sh('echo $#');
  await engine.ended(second.id);
  t.match(
    await engine.types(second.id),
    ['run.queued', 'run.notice', 'run.started', 'output.stdout'],
    'no more',
  );
  rmSync(join(world.home, 'marker'));
  const third = await engine.sh('true');
  await engine.ended(third.id);
  t.ok((await engine.types(third.id)).includes('output.stderr'), 'the marker is what says so');
});

inWorld('a set-up command that fails keeps the agent from starting, and is named', async (t, world, idle) => {
  await idle.close();
  const engine = world.engine({
    change: settingUp(world, ['true', "echo 'no lock file'; exit 3", 'touch never']),
  });

  const run = await engine.acp('say:hello');
  await engine.ended(run.id);

  t.match(engine.runs.show(run.id), {
    status: 'failed',
    exit_code: 3,
    error: { code: 'set_up_failed' },
    reason: "The set-up command 'echo 'no lock file'; exit 3' ended with 3; the agent was not started",
  });
  t.same(await world.heard(), [], 'the agent was not started');
  t.equal(existsSync(join(world.home, 'scratch', run.id, 'never')), false);
  t.equal(existsSync(join(world.home, 'marker')), false, 'it is tried again by the next run');
});

inWorld(
  'a set-up is cancelled, and goes on without the daemon, as the run itself',
  async (t, world, idle) => {
    await idle.close();
    const marker = join(world.home, 'marker');
    const slow = settingUp(world, ['echo begun; while [ ! -e go ]; do sleep 0.05; done; echo done >>log']);
    const engine = world.engine({ change: slow });
    const doomed = await engine.sh('true');
    await engine.reached(doomed.id, 'running');
    t.equal(await engine.runs.cancel(doomed.id, 'test'), 'canceled');
    t.match(engine.runs.show(doomed.id), { status: 'canceled' });
    t.same(await world.survivors(doomed.id), []);

    const run = await engine.sh('cat log');
    await engine.reached(run.id, 'running');
    await engine.close();
    writeFileSync(join(world.home, 'scratch', run.id, 'go'), '');
    const next = world.engine({ change: slow });
    next.runs.recover();
    await next.ended(run.id);
    t.match(next.runs.show(run.id), { status: 'succeeded' });
    t.equal(readFileSync(join(world.home, 'scratch', run.id, 'log'), 'utf8'), 'done\n');
    t.ok(existsSync(marker));
  },
);

inWorld('the time limit of a run counts its set-up', async (t, world, idle) => {
  await idle.close();
  const engine = world.engine({ change: settingUp(world, ['sleep 60']) });

  const run = await engine.sh('true', { timeout: '1s' });
  await engine.ended(run.id);

  t.match(engine.runs.show(run.id), { status: 'failed', error: { code: 'run_timeout' } });
});
