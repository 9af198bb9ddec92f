/** Runs in a terminal, by the built product: looked on, opened for real from a terminal of their own, cancelled. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Run } from '../../src/contract/index.ts';
import { findProgram } from '../../src/domain/agents/index.ts';
import { commandLine } from '../support/daemon-life.ts';
import { createWorld, startWorld, type World } from '../support/real-daemon.ts';
import { lacksTmux, tellTmux } from '../support/tmux.ts';
import { until } from '../support/until.ts';

t.setTimeout(240_000);

/** What a person has in front of them: a terminal of 100 by 30 in which `drover` can be typed. */
type Screen = {
  readonly type: (...keys: string[]) => void;
  readonly shows: (text: string) => Promise<void>;
  readonly text: () => string;
};

function openScreen(t: Test, world: World): Screen {
  const socket = join(world.root, 'outer.sock');
  const variables = Object.entries(world.env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  tellTmux(
    socket,
    '-f',
    '/dev/null',
    'new-session',
    '-d',
    '-c',
    world.home,
    '-s',
    'outer',
    '-x',
    '100',
    '-y',
    '30',
    ...variables,
    'sh',
  );
  t.teardown(() => tellTmux(socket, 'kill-server'));
  const text = () => tellTmux(socket, 'capture-pane', '-p', '-t', 'outer');
  return {
    type: (...keys) => {
      for (const key of keys) tellTmux(socket, 'send-keys', '-t', 'outer', key);
    },
    text,
    shows: async (wanted) => {
      await until(`the screen to show ${wanted}`, () => text().includes(wanted)).catch((error: Error) => {
        throw new Error(`${error.message}; it shows:\n${text()}`);
      });
    },
  };
}

const drover = (world: World, line: string) => [`${process.execPath} ${world.program} ${line}`, 'Enter'];
const isAlive = (pid: number) => commandLine(pid) !== ''; // a dead one that nobody has reaped has none
const serverOf = (run: Run) =>
  Number(tellTmux(run.attach_command?.[2] ?? '', 'display-message', '-p', '#{pid}'));
const startTerminal = (world: World, script: string, ...options: string[]) =>
  world.json<Run>(['run', '--bg', ...options, '--agent', 'terminal', '--', 'sh', '-c', script]);

t.test('without a terminal a run in one is followed like any other', { skip: lacksTmux }, async (t) => {
  const world = await startWorld();
  t.teardown(world.close);

  const followed = await world.run([
    'run',
    '--agent',
    'terminal',
    '--',
    'sh',
    '-c',
    'tput clear; printf "\\033[1mbold\\033[0m"; exit 3',
  ]);
  const [run] = (await world.json<{ items: Run[] }>(['runs', 'list'])).items;

  t.equal(followed.code, 1);
  t.match(followed.out, '\\e[1mbold');
  t.notMatch(followed.out, '\u001b');
  t.match(run, { runtime: 'terminal', status: 'failed', exit_code: 3, result: 'bold', attach_command: null });
  t.match(run?.error?.message, /exit code 3: bold$/);
  const raw = await world.drover(`attach ${run?.id} --raw`);
  t.match(raw.out, '\u001b[1mbold');
  t.match((await world.drover(`runs logs ${run?.id}`)).out, '\u001b[1mbold', 'a pipe has the bytes');
});

t.test('what it cannot have is refused before there is a run', { skip: lacksTmux }, async (t) => {
  const world = await createWorld();
  t.teardown(world.close);
  const deep = join(world.root, 'deep'.repeat(20));
  const bin = join(world.root, 'bin');
  mkdirSync(bin);
  symlinkSync(findProgram('git', world.env.PATH ?? '') ?? '', join(bin, 'git'));
  const start = (...more: string[]) =>
    world.run(['run', '--bg', ...more, '--agent', 'terminal', '--', 'true']);

  await world.run(['daemon', 'start'], { env: { PATH: bin } });
  const bare = await start();
  t.equal(bare.code, 2);
  t.match(bare.err, /The terminal runtime needs tmux, and the daemon finds none on its PATH/);
  t.match(bare.err, /hint: install tmux/);
  t.strictSame((await world.json<{ items: Run[] }>(['runs', 'list'])).items, []);
  await world.run(['stop']);

  await world.run(['daemon', 'start']);
  t.match((await start('--model', 'm')).err, /no model to set/);
  await world.run(['stop']);
  await world.run(['daemon', 'start', '--state-root', deep]);
  const tooDeep = await start('--state-root', deep);
  t.equal(tooDeep.code, 2);
  t.match(
    tooDeep.err,
    /The socket of the run's terminal, '.*tmux\.sock', would have \d+ bytes; \d+ is the limit/,
  );
  t.strictSame((await world.json<{ items: Run[] }>(['runs', 'list', '--state-root', deep])).items, []);
  await world.run(['stop', '--state-root', deep]);
});

t.test(
  'an agent of the configuration gets the prompt as its last argument',
  { skip: lacksTmux },
  async (t) => {
    const world = await startWorld('[agents.echo]\nruntime = "terminal"\ncommand = ["printf", "<%s>\\n"]\n');
    t.teardown(world.close);

    await world.run(['run', '--agent', 'echo', "it's $HOME"]);

    t.match((await world.json<{ items: Run[] }>(['runs', 'list'])).items, [{ result: "<it's $HOME>" }]);
  },
);

t.test(
  'a person opens it, types, leaves, comes back after the daemon died',
  { skip: lacksTmux },
  async (t) => {
    const world = await startWorld();
    t.teardown(world.close);
    const screen = openScreen(t, world);
    const run = await startTerminal(
      world,
      'echo welcome; while read -r line; do [ "$line" = bye ] && exit 5; echo "got $line"; done',
    );

    screen.type(...drover(world, `attach ${run.id}`));
    await screen.shows('welcome');
    screen.type('one', 'Enter');
    await screen.shows('got one');
    screen.type('C-b', 'd');
    await screen.shows(`detached from ${run.id}, which goes on`);
    t.match(await world.show(run.id), { status: 'running', ended_at: null });

    const { pid } = await world.status();
    process.kill(pid, 'SIGKILL');
    await until('the daemon to be gone', () => !existsSync(`/proc/${pid}`));
    await world.run(['daemon', 'start']);
    screen.type('clear', 'Enter', ...drover(world, `attach ${run.id}`));
    await screen.shows('got one');
    t.match(screen.text(), /^welcome\none\ngot one\n/, 'the same screen');
    screen.type('two', 'Enter');
    await screen.shows('got two');
    screen.type('bye', 'Enter');
    await screen.shows('failed, exit code 5');

    const ended = await world.reach(run.id, 'failed');
    t.match(ended, { exit_code: 5, attach_command: null });
    const log = await world.drover(`runs logs ${run.id}`);
    t.equal(
      log.out,
      'welcome\r\none\r\ngot one\r\ntwo\r\ngot two\r\nbye\r\n',
      'and each byte once, across the death',
    );
  },
);

t.test('what is sent to it is typed', { skip: lacksTmux }, async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const run = await startTerminal(world, 'read -r one; read -r two; printf "<%s><%s>\\n" "$one" "$two"');
  await until('the run to be at work', async () => (await world.show(run.id)).started_at !== null);

  const sent = await world.run(['runs', 'send', run.id, "it's $HOME\nand größer"]);

  t.equal(sent.code, 0, sent.err);
  t.match(await world.reach(run.id, 'succeeded'), { result: "<it's $HOME><and größer>" });
});

t.test(
  'run on a terminal opens it at once, and has the result of the program',
  { skip: lacksTmux },
  async (t) => {
    const world = await startWorld();
    t.teardown(world.close);
    const screen = openScreen(t, world);

    screen.type(
      ...drover(world, "run --agent terminal -- sh -c 'echo here; read line; exit 4'; echo code $?"),
    );
    await screen.shows('here');
    screen.type('Enter');

    await screen.shows('failed, exit code 4');
    await screen.shows('code 1');
  },
);

for (const [kind, script] of [
  ['that ends when it is told', 'echo ready; sleep 600'],
  ['that ignores TERM and HUP', "trap '' TERM HUP; echo ready; sleep 600; sleep 600"],
] as const) {
  t.test(`cancelling leaves nothing of a program ${kind}`, { skip: lacksTmux }, async (t) => {
    const world = await startWorld();
    t.teardown(world.close);
    const run = await startTerminal(world, script);
    const out = join(world.stateRoot, 'runs', run.id, 'out.log');
    await until(
      'the program to be ready',
      () => existsSync(out) && readFileSync(out, 'utf8').includes('ready'),
    );
    const live = await world.show(run.id);
    t.strictSame(live.attach_command, [
      'tmux',
      '-S',
      join(world.stateRoot, 'runs', run.id, 'tmux.sock'),
      'attach-session',
      '-t',
      'run',
    ]);
    const server = serverOf(live);
    t.ok(isAlive(server));

    await world.drover(`runs cancel ${run.id}`);

    t.match(await world.reach(run.id, 'canceled'), { attach_command: null });
    t.notOk(isAlive(server), 'nor of its server');
    const left = tellTmux(live.attach_command?.[2] ?? '', 'list-sessions');
    t.equal(left, '');
    t.strictSame(marked(run.id), []);
  });
}

/** Processes that carry the mark of a run. */
function marked(id: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`DROVER_RUN_ID=${id}`)
      );
    } catch {
      return false; // gone, or another user's
    }
  });
}
