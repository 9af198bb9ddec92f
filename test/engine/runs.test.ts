import { rm, writeFile } from 'node:fs/promises';
import { AppError } from '../../src/contract/index.ts';
import type { LaunchPort, RunsDeps } from '../../src/domain/runs/index.ts';
import { type EngineOptions, inWorld } from '../support/engine.ts';
import { until } from '../support/until.ts';

const changeLaunch =
  (change: (launch: LaunchPort) => Partial<LaunchPort>): NonNullable<EngineOptions['change']> =>
  ({ launch }: RunsDeps) => ({ launch: { ...launch, ...change(launch) } });

inWorld(
  'a command from the queue to its end: events, output and exit, word for word',
  async (t, _, engine) => {
    const run = await engine.sh('echo one; echo two >&2; printf three; exit 3');
    const end = await engine.ended(run.id);

    t.equal(run.status, 'queued');
    t.match(end, { status: 'failed', exit_code: 3, signal: null, result: 'three' });
    t.match(end.error, { code: 'command_failed', message: 'The command ended with exit code 3: two' });
    const told = (await engine.events(run.id)).map(({ type, data }) => [
      type,
      data.text ?? data.status ?? null,
    ]);
    t.same(told.slice(0, 2), [
      ['run.queued', null],
      ['run.started', null],
    ]);
    t.same(told.at(-1), ['run.finished', 'failed']);
    t.same(told.slice(2, -1).sort(), [
      ['output.stderr', 'two'],
      ['output.stdout', 'one'],
      ['output.stdout', 'three'],
    ]);
  },
);

inWorld('an end by a signal is told with the signal', async (t, _, engine) => {
  const run = await engine.sh('kill -KILL $$');

  t.match(await engine.ended(run.id), { status: 'failed', exit_code: 137, signal: 'SIGKILL' });
});

inWorld('a program that does not exist ends as failed, with what the shell said', async (t, _, engine) => {
  const run = await engine.runs.start({ command: ['/nowhere/at-all'] });

  t.match(await engine.ended(run.id), {
    status: 'failed',
    exit_code: 127,
    error: { message: /not found|No such/ },
  });
});

inWorld('the pid that is told is the agent’s own, not its launcher’s', async (t, _, engine) => {
  const run = await engine.sh('echo $$; sleep 30');
  await until('its output', async () => (await engine.types(run.id)).includes('output.stdout'));

  const events = await engine.events(run.id);

  t.equal(`${events[1]?.data.pid}`, events[2]?.data.text);
  await engine.runs.cancel(run.id, 'test');
});

inWorld(
  'cancel of a queued run ends it at once; cancel again is run_ended',
  async (t, _, engine) => {
    const first = await engine.sh('sleep 30');
    await engine.reached(first.id, 'running');
    const second = await engine.sh('echo never');
    await until('a reason', () => engine.runs.show(second.id).reason);

    t.match(engine.runs.show(second.id).reason, /1 run is at work, as many as max_parallel_runs allows/);
    t.equal(await engine.runs.cancel(second.id, 'ada'), 'canceled');
    t.match(engine.runs.show(second.id), { status: 'canceled', reason: 'Canceled by ada', started_at: null });
    await t.rejects(engine.runs.cancel(second.id, 'ada'), { code: 'run_ended' });
    t.equal(await engine.runs.cancel(first.id, 'ada'), 'canceled');
    t.match(await engine.ended(first.id), { status: 'canceled', signal: 'SIGTERM', error: null });
  },
  { queueLimits: { maxRuns: 1 } },
);

inWorld('an agent that dies in the middle of a message left it open for ever', async (t, _, engine) => {
  const run = await engine.acp('say:half die');

  t.match(await engine.ended(run.id), { status: 'failed', error: { code: 'agent_exited' }, result: null });
  t.same(
    (await engine.events(run.id))
      .filter(({ type }) => /^message|finished$/.test(type))
      .map(({ type, data }) => [type, data.partial]),
    [
      ['message.delta', undefined],
      ['message.completed', true],
      ['run.finished', undefined],
    ],
  );
});

inWorld('two cancels at once both wait for the same end', async (t, world, engine) => {
  const run = await engine.sh('sleep 30');
  await engine.reached(run.id, 'running');

  t.same(await Promise.all([engine.runs.cancel(run.id, 'a'), engine.runs.cancel(run.id, 'b')]), [
    'canceled',
    'canceled',
  ]);
  t.same(await world.survivors(run.id), []);
  t.equal((await engine.types(run.id)).filter((type) => type === 'run.cancel_requested').length, 1);
});

inWorld('a cancel right after the start never leaves the agent at work', async (t, world, engine) => {
  for (let round = 0; round < 5; round += 1) {
    const run = await engine.sh('sleep 30');
    t.equal(await engine.runs.cancel(run.id, 'test'), 'canceled');
    t.same(await world.survivors(run.id), []);
    t.equal(engine.runs.show(run.id).status, 'canceled');
  }
});

inWorld('a run that was canceled while its work tree was made was started all the same', async (t, world) => {
  const gate = Promise.withResolvers<void>();
  let launches = 0;
  const engine = world.engine({
    change: (deps) => ({
      work: {
        ...deps.work,
        prepare: async (run, owner) => gate.promise.then(() => deps.work.prepare(run, owner)),
      },
      launch: {
        ...deps.launch,
        launch: (run) => {
          launches += 1;
          return deps.launch.launch(run);
        },
      },
    }),
  });
  const run = await engine.sh('sleep 30');
  await engine.reached(run.id, 'starting');

  const canceling = engine.runs.cancel(run.id, 'test');
  await until('the intention', () => engine.runs.row(run.id).stopKind);
  gate.resolve();

  t.equal(await canceling, 'canceled');
  t.equal(launches, 0);
});

inWorld(
  'a work tree that cannot be made ends the run as failed, with the reason and its code',
  async (t, _, engine) => {
    const run = await engine.sh('echo never');

    t.match(await engine.ended(run.id), {
      status: 'failed',
      reason: 'The repository is gone',
      error: { code: 'repo_unusable', message: 'The repository is gone' },
      started_at: null,
    });
  },
  {
    change: (deps) => ({
      work: {
        ...deps.work,
        prepare: () => Promise.reject(new AppError('repo_unusable', 'The repository is gone')),
      },
    }),
  },
);

inWorld(
  'a machine without room sends a run back to the queue, where it can be canceled',
  async (t, _, engine) => {
    const run = await engine.sh('echo never');
    await until('a reason', () =>
      engine.runs.show(run.id).reason?.includes('no processes left; trying again'),
    );

    t.equal(engine.runs.show(run.id).status, 'queued');
    t.equal(await engine.runs.cancel(run.id, 'test'), 'canceled');
    t.equal(engine.runs.show(run.id).status, 'canceled');
  },
  {
    change: changeLaunch(() => ({ launch: () => Promise.reject(new AppError('busy', 'no processes left')) })),
  },
);

inWorld(
  'a full disk while the run folder was written ended the run instead of delaying it',
  async (t, _, engine) => {
    const run = await engine.sh('echo made it');

    t.match(await engine.ended(run.id), { status: 'succeeded' });
  },
  {
    change: (() => {
      let failures = 1;
      return changeLaunch((launch) => ({
        prepare: async (run, work) => {
          if (failures-- > 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
          return launch.prepare(run, work);
        },
      }));
    })(),
  },
);

inWorld(
  'an adapter that throws left its run live for ever, with nobody following it',
  async (t, world, engine) => {
    const run = await engine.sh('echo boom; sleep 30');

    t.match(await engine.ended(run.id), {
      status: 'failed',
      error: { code: 'internal', message: /no such tag/ },
    });
    t.same(await world.survivors(run.id), []);
  },
  {
    change: (deps) => ({
      adapterOf: (run) => ({
        ...deps.adapterOf(run),
        read: () => {
          throw new Error('no such tag');
        },
      }),
    }),
  },
);

inWorld(
  'a look at the folder that failed left its run live for ever',
  async (t, _, engine) => {
    const run = await engine.sh('sleep 0.2; echo done');

    t.match(await engine.ended(run.id), { status: 'succeeded', result: 'done' });
  },
  {
    change: (() => {
      let looks = 0;
      return changeLaunch((launch) => ({
        inspect: async (run) => {
          looks += 1;
          if (looks % 3 === 0) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
          return launch.inspect(run);
        },
      }));
    })(),
  },
);

inWorld(
  'a folder that was removed by hand ends the run, and its processes are not left',
  async (t, world, engine) => {
    const run = await engine.sh('setsid sleep 30 & sleep 30');
    await engine.reached(run.id, 'running');

    await rm(world.folder(run.id), { recursive: true });

    t.match(await engine.ended(run.id), { status: 'interrupted', reason: /folder of the run is gone/ });
    t.same(await world.survivors(run.id), []);
  },
);

inWorld(
  'a folder removed while no daemon was there was written anew and its run started twice',
  async (t, world, engine) => {
    const run = await engine.sh(`echo started >>${world.home}/starts; sleep 30`);
    await engine.reached(run.id, 'running');
    await engine.close();
    await rm(world.folder(run.id), { recursive: true });

    const next = world.engine();
    next.runs.recover();

    t.match(await next.ended(run.id), { status: 'interrupted' });
    t.same(await world.survivors(run.id), []);
  },
);

inWorld('a cancel before recovery was answered run_ended', async (t, world, engine) => {
  const run = await engine.sh('sleep 30');
  await engine.reached(run.id, 'running');
  await engine.close();

  const next = world.engine();
  t.equal(await next.runs.cancel(run.id, 'test'), 'canceled');
  next.runs.recover();

  t.equal(next.runs.show(run.id).status, 'canceled');
  t.same(await world.survivors(run.id), []);
});

inWorld('a run survives the daemon, and what it said meanwhile is told once', async (t, world, engine) => {
  const run = await engine.sh(
    `echo before; while [ ! -e ${world.home}/go ]; do sleep 0.01; done; echo after; exit 7`,
  );
  await until('its output', async () => (await engine.types(run.id)).includes('output.stdout'));
  await engine.close();
  await writeFile(`${world.home}/go`, '');

  const next = world.engine();
  await until(
    'the end without a daemon',
    async () => (await next.launch.inspect(next.runs.row(run.id))).kind === 'ended',
  );
  next.runs.recover();

  t.match(await next.ended(run.id), { status: 'failed', exit_code: 7 });
  t.same(await next.types(run.id), [
    'run.queued',
    'run.started',
    'output.stdout',
    'output.stdout',
    'run.finished',
  ]);
});

inWorld(
  'a name like the id of a run is refused, and a whole id always means its own run',
  async (t, _, engine) => {
    const run = await engine.sh('true', { name: 'mine' });

    t.equal(engine.runs.show('mine').id, run.id);
    t.equal(engine.runs.show(run.id.slice(0, -4)).id, run.id);
    await t.rejects(engine.sh('true', { name: run.id }), {
      code: 'invalid_request',
      message: /looks like the id/,
    });
    await engine.ended(run.id);
  },
);

inWorld('a live name is taken; of ended ones the newest wins', async (t, _, engine) => {
  const first = await engine.sh('sleep 30', { name: 'fix' });

  await t.rejects(engine.sh('true', { name: 'fix' }), { code: 'name_taken' });
  await engine.runs.cancel('fix', 'test');
  const second = await engine.sh('true', { name: 'fix' });
  await engine.ended(second.id);

  t.equal(engine.runs.show('fix').id, second.id);
  t.not(first.id, second.id);
});

inWorld(
  'pages of runs go on where they stopped, also when the run at the cursor is gone',
  async (t, _, engine) => {
    const runs: string[] = [];
    for (let count = 0; count < 5; count += 1) runs.push((await engine.sh('sleep 30')).id);
    const first = engine.runs.list({ limit: 2, cursor: undefined });
    const second = engine.runs.list({ limit: 3, cursor: first.next_cursor ?? '' });

    t.same(
      [...first.items, ...second.items].map((run) => run.id),
      runs.toReversed(),
    );
    t.equal(second.next_cursor, null);
    t.throws(() => engine.runs.list({ limit: 2, cursor: 'mine' }), { code: 'invalid_request' });
    for (const id of runs) await engine.runs.cancel(id, 'test');
  },
  { queueLimits: { maxRuns: 1 } },
);

inWorld('a command with a NUL byte is refused at once, not at its launch', async (t, _, engine) => {
  await t.rejects(engine.sh('echo \0'), { code: 'invalid_request', message: /NUL/ });
});
