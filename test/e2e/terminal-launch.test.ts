/** The terminal of a run under the real launcher and a real tmux, without a daemon. */
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock as clock } from '../../src/base/index.ts';
import { typedLine } from '../../src/domain/agents/terminal/typed-line.ts';
import { endTree, listTree, openInput } from '../../src/domain/runs/launch/index.ts';
import { makeRun, type TestRun } from '../support/launch-world.ts';
import { lacksTmux, tellTmux, tmux } from '../support/tmux.ts';
import { until } from '../support/until.ts';

t.setTimeout(240_000);

type Options = Parameters<typeof makeRun>[2];

function inTerminal(
  name: string,
  script: string,
  body: (t: Test, run: TestRun) => Promise<void>,
  options: Options = {},
): void {
  void t.test(name, { skip: lacksTmux }, async (t) => {
    const run = await makeRun('session', script, { tmux, ...options });
    t.teardown(run.remove);
    await run.launch();
    await body(t, run);
  });
}

const asLine = (text: string, index = 0) => typedLine({ key: `inp_${index}`, text });
const socketOf = (run: TestRun) => join(run.folder, 'tmux.sock');
const complaints = (run: TestRun) => readFileSync(join(run.folder, 'err.log'), 'utf8');
const shows = (run: TestRun, text: string) =>
  until(`the terminal to show ${text}`, async () => (await run.out()).includes(text));

/** What the engine writes for a text. */
async function type(run: TestRun, ...lines: string[]): Promise<void> {
  const input = await openInput(run.folder, { clock, isFresh: true });
  for (const line of lines) await input.write(`${line}\n`, { timeoutMs: 10_000 });
  await input.close();
}

for (const [script, status, signal] of [
  ['exit 0', 0, null],
  ['exit 3', 3, null],
  ['kill -KILL $$', 137, 'KILL'],
  ['kill -TERM $$', 143, 'TERM'],
] as const) {
  inTerminal(`the end of the program is the end of the run: ${script}`, script, async (t, run) => {
    t.match((await run.ended()).exit, { status, signal, wasStopped: false });
    t.equal(complaints(run), '');
    await until('all of it to be gone', async () => (await listTree(run.folder)).length === 0, 2000);
  });
}

inTerminal(
  'not a byte is missing, from the first to the last',
  'printf first; seq 1 50000; printf last',
  async (t, run) => {
    await run.ended();

    const numbers = Array.from({ length: 50_000 }, (_, index) => `${index + 1}\r\n`).join('');
    t.ok((await run.out()) === `first${numbers}last`);
  },
);

inTerminal(
  'the program has the environment of the run, a terminal of its own, and nothing of ours',
  'env; tty; stty size; test -t 0 && test -t 1 && test -t 2 && echo all three',
  async (t, run) => {
    await run.ended();

    const lines = (await run.out()).split('\r\n');
    for (const line of ['KEY=v', `DROVER_RUN_ID=${run.runId}`, 'TERM=screen-256color', '50 200', 'all three'])
      t.ok(lines.includes(line), line);
    t.notOk(lines.some((line) => line.startsWith('DROVER_TERMINAL')));
  },
  { env: { KEY: 'v', TERM: 'dumb' } },
);

inTerminal(
  'a line of the FIFO is typed, and one that was cut is not',
  'while read -r line; do printf "<%s>\\n" "$line"; done',
  async (t, run) => {
    await run.running();
    const texts = ['größe', 'a\\nb %s $(x)', 'esc\u001b[201~\u0003', 'one\ntwo'];
    await type(
      run,
      '9 k1 cut shor',
      '',
      ' ',
      'x',
      '3 key',
      '5 k2 größ',
      ...texts.map(asLine),
      asLine('two', 3),
    );

    await type(run, asLine('end', 99));
    await shows(run, '<end>');
    const said = (await run.out()).split('\r\n').filter((line) => line.startsWith('<'));
    t.strictSame(said, ['<größe>', '<a\\nb %s $(x)>', '<esc[201~>', '<one>', '<two>', '<end>']);
  },
);

inTerminal(
  'a text longer than a message of tmux arrives whole, marked as pasted where the program asks for that',
  "stty raw -echo; printf 'ready \\033[?2004h'; dd bs=1 count=100013 2>/dev/null | od -An -c | tail -2; exit 0",
  async (t, run) => {
    await shows(run, 'ready');
    await type(run, asLine('x'.repeat(100_000)));

    t.match((await run.ended()).exit, { status: 0 });
    t.match(await run.out(), /x\s+033\s+\[\s+2\s+0\s+1\s+~\s+\\r/);
  },
);

inTerminal(
  'a path is a path, whatever tmux would make of it',
  'pwd; touch here',
  async (t, run) => {
    t.match((await run.ended()).exit, { status: 0 }, complaints(run));
    const home = join(run.folder, '..');
    t.ok((await run.out()).includes('#(touch owned) %s'));
    t.ok(existsSync(join(home, 'here')));
    t.notOk(existsSync(join(home, 'owned')) || existsSync(join(run.folder, 'owned')));
  },
  { suffix: '#(touch owned) %s' },
);

inTerminal('Ctrl-C is for the program', 'echo ready; sleep 600; exit 3', async (t, run) => {
  await shows(run, 'ready');
  tellTmux(socketOf(run), 'send-keys', 'C-c');

  t.match((await run.ended()).exit, { status: 130, signal: 'INT' });
});

inTerminal('a program that is not there', 'exec nosuch', async (t, run) => {
  t.match((await run.ended()).exit, { status: 127 });
  t.match(await run.out(), /nosuch: not found/);
});

inTerminal('a tmux server that dies is named', 'echo ready; sleep 600', async (t, run) => {
  await shows(run, 'ready');
  const server = Number(tellTmux(socketOf(run), 'display-message', '-p', '#{pid}'));
  process.kill(server, 'SIGKILL');

  t.match((await run.ended()).exit, { status: 1 });
  t.match(complaints(run), /^The terminal was closed, or its tmux server ended, before/m);
});

inTerminal('so is a terminal that somebody closes', 'echo ready; sleep 600', async (t, run) => {
  await shows(run, 'ready');
  tellTmux(socketOf(run), 'new-window', '-d', 'sleep 600');
  tellTmux(socketOf(run), 'kill-pane', '-t', '%0');

  t.match((await run.ended()).exit, { status: 1 });
  t.match(complaints(run), /^The terminal was closed, or its tmux server ended, before/m);
});

inTerminal(
  'panes that a person opens beside the program come and go without it',
  'echo ready; read line; exit 7',
  async (t, run) => {
    await shows(run, 'ready');
    tellTmux(socketOf(run), 'split-window', '-d', 'true');
    await until(
      'the other pane to close',
      () => tellTmux(socketOf(run), 'list-panes').trim().split('\n').length === 1,
    );
    await type(run, asLine('x'));

    t.match((await run.ended()).exit, { status: 7 });
  },
);

for (const [kind, script] of [
  ['does as it is told', 'echo ready; sleep 600'],
  ['ignores TERM and HUP', "trap '' TERM HUP; echo ready; sleep 600; sleep 600"],
  [
    'ignores them, has no mark of ours and lost its server',
    `env -i sh -c 'trap "" TERM HUP; echo ready; sleep 600; sleep 600'`,
  ],
] as const) {
  inTerminal(`ending the tree leaves nothing of a program that ${kind}`, script, async (t, run) => {
    await shows(run, 'ready');
    const socket = socketOf(run);
    if (kind.endsWith('server')) {
      process.kill(Number(tellTmux(socket, 'display-message', '-p', '#{pid}')), 'SIGKILL');
      await run.ended();
      t.not((await listTree(run.folder)).length, 0, 'it is there still');
    }

    t.strictSame(await endTree(run.folder, { clock, graceMs: 300, timeoutMs: 30_000 }), { survivors: [] });

    t.strictSame(await listTree(run.folder), []);
    await run.ended();
  });
}

void t.test('a full disk costs what could not be written, and no more', { skip: lacksTmux }, async (t) => {
  const run = await makeRun('session', 'seq 1 3000; read -r line; seq 1 3000; read -r line; echo end', {
    tmux,
  });
  t.teardown(run.remove);
  const log = join(run.folder, 'out.log');
  rmSync(log);
  symlinkSync('/dev/full', log);
  await run.launch();
  await until('the screen to be full', () => tellTmux(socketOf(run), 'capture-pane', '-p').includes('3000'));
  await type(run, asLine('more', 1));
  rmSync(log);
  writeFileSync(log, '');
  await type(run, asLine('end', 2));

  t.match((await run.ended()).exit, { status: 0 });
  t.match(await run.out(), /end\r\n$/);
});
