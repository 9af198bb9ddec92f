import { writeFile } from 'node:fs/promises';
import t from 'tap';
import { readProcess } from '../../src/base/index.ts';
import { inWorld, makeWorld } from '../support/engine.ts';
import { crashWhileSending, heardMethods, inputOf } from '../support/engine-inputs.ts';
import { createRandom } from '../support/random.ts';
import { until } from '../support/until.ts';

// Most of these wait for the grace that a run has: together. Each has a world of its own.
t.jobs = 4;

/** Trees that do not want to end; each prints `up` when it stands. */
const nastyTrees: Readonly<Record<string, string>> = {
  'ignores TERM': "trap '' TERM; echo up; while :; do sleep 1; done",
  'has a child that ignores TERM': "(trap '' TERM; echo up; while :; do sleep 1; done) & wait",
  'double-forks': '(sleep 300 & (sleep 300 & echo up)); sleep 300',
  'leaves its session': "setsid sh -c 'echo up; sleep 300' & wait",
  'leaves its session twice and ignores TERM':
    'setsid sh -c "trap \'\' TERM; setsid sh -c \\"trap \'\' TERM; echo up; sleep 300\\" & sleep 300" & wait',
  'is stopped': 'echo up; kill -STOP $$; sleep 300',
  'forks while it ends': "trap 'sleep 300 & sleep 300 &' TERM; echo up; while :; do sleep 0.1; done",
};

for (const [name, script] of Object.entries(nastyTrees)) {
  inWorld(`a tree that ${name} is gone when cancel answers`, async (t, world, engine) => {
    const run = await engine.sh(script);
    await until('its output', async () => (await engine.types(run.id)).includes('output.stdout'));
    const before = await world.survivors(run.id);

    t.equal(await engine.runs.cancel(run.id, 'test'), 'canceled');

    t.ok(before.length > 1, `${before.length} processes`);
    t.same(await world.survivors(run.id), []);
    t.match(engine.runs.show(run.id), { status: 'canceled', reason: 'Canceled by test' });
  });
}

inWorld(
  'a launcher that was killed ends its run as interrupted, with nothing left of it',
  async (t, world, engine) => {
    const run = await engine.sh('setsid sleep 300 & sleep 300');
    await engine.reached(run.id, 'running');
    const agent = await readProcess(engine.runs.row(run.id).pid ?? 0);

    process.kill(agent?.parentPid ?? 0, 'SIGKILL');

    t.match(await engine.ended(run.id), { status: 'interrupted', exit_code: null });
    t.same(await world.survivors(run.id), []);
  },
);

inWorld(
  'what a run leaves behind in the background is ended with it, and its output is kept',
  async (t, world, engine) => {
    const go = `${world.home}/go`;
    const run = await engine.sh(
      `(trap '' TERM; while :; do echo more; sleep 0.01; done) & while [ ! -e ${go} ]; do sleep 0.01; done`,
    );
    const said = async () => (await engine.types(run.id)).filter((type) => type === 'output.stdout').length;
    await until('output from the background', async () => (await said()) > 1);
    await writeFile(go, '');

    t.match(await engine.ended(run.id), { status: 'succeeded', exit_code: 0 });
    t.same(await world.survivors(run.id), []);
    t.ok((await said()) > 1);
  },
);

inWorld(
  'an unsafe line that may have arrived is not written again: a person is asked',
  async (t, world, engine) => {
    // The agent hears the prompt but shows nothing until the file is there, so there is no proof that it arrived.
    const run = await engine.acp(`file:${world.home}/go say:done`);
    await until('the prompt to be heard', async () => (await heardMethods(world)).includes('session/prompt'));
    await until('its mark', () => inputOf(engine, 'session/prompt')?.state === 'sent');

    const next = await crashWhileSending(world, engine, 'session/prompt');
    next.runs.recover();
    const waiting = await next.reached(run.id, 'waiting');

    t.match(waiting, { waiting_on: 'input', reason: /stopped while it wrote this/ });
    t.match(
      (await next.events(run.id)).filter((event) => event.type === 'input.uncertain'),
      [{ data: { input: 'session/prompt' } }],
    );
    await writeFile(`${world.home}/go`, '');
    t.match(await next.ended(run.id), { status: 'succeeded', result: 'done' });
    t.equal((await heardMethods(world)).filter((method) => method === 'session/prompt').length, 1);
    const types = await next.types(run.id);
    t.ok(types.indexOf('run.resumed') > types.indexOf('run.waiting'), 'the proof in the output resumes it');
  },
);

inWorld(
  'a cancel of an agent that does not read its input does not wait for it',
  async (t, world, engine) => {
    const run = await engine.runs.start({ agent: 'acp', prompt: 'x'.repeat(300_000) });
    await engine.reached(run.id, 'running');
    process.kill(engine.runs.row(run.id).pid ?? 0, 'SIGSTOP');

    t.equal(await engine.runs.cancel(run.id, 'test'), 'canceled');

    t.same(await world.survivors(run.id), []);
  },
);

t.test('engines that come and go lose no line and double none', async (t) => {
  const random = createRandom();
  t.comment(`DROVER_TEST_SEED=${random.seed}`);
  const world = await makeWorld();
  t.teardown(world.remove);
  const lines = 400;
  const wanted = 5;
  const [half, enough] = [lines / 2, `${world.home}/enough`];
  let engine = world.engine();
  const runs = await Promise.all(
    [1, 2, 3].map(() =>
      engine.sh(
        `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo line $i; sleep 0.005
        while [ $i = ${half} ] && [ ! -e ${enough} ]; do sleep 0.01; done; done`,
      ),
    ),
  );
  let restarts = 0;
  while (runs.some((run) => engine.runs.show(run.id).ended_at === null)) {
    await new Promise((resolve) => setTimeout(resolve, random.below(250)));
    await engine.close();
    engine = world.engine();
    engine.runs.recover();
    restarts += 1;
    if (restarts === wanted) await writeFile(enough, '');
  }

  t.ok(restarts >= wanted, `${restarts} restarts`);
  for (const run of runs) {
    t.match(engine.runs.show(run.id), { status: 'succeeded' });
    const told = (await engine.events(run.id)).filter((event) => event.type === 'output.stdout');
    t.same(
      told.flatMap((event) => String(event.data.text).split('\n')),
      Array.from({ length: lines }, (_, index) => `line ${index + 1}`),
    );
  }
});
