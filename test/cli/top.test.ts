import t from 'tap';
import { fitTo } from '../../src/cli/print/fit.ts';
import { styleFor } from '../../src/cli/print/style.ts';
import { byCpu, formatWorkers } from '../../src/cli/print/worker.ts';
import { openScreen, type Screen, type ScreenStreams } from '../../src/cli/screen.ts';
import type { Worker } from '../../src/contract/index.ts';
import { fakeDaemon, problem } from '../support/fake-daemon.ts';
import { aWorker } from '../support/resources.ts';
import { runCommand } from '../support/run-command.ts';
import { until } from '../support/until.ts';

/** A terminal of the given size that keeps its last picture, and what is typed into it. */
function fakeScreen(size: { columns: number; rows: number }) {
  const state = { lines: [] as readonly string[], draws: 0, isClosed: false };
  let type: (key: string) => void = () => {};
  let resize: () => void = () => {};
  const screen: Screen = {
    columns: () => size.columns,
    rows: () => size.rows,
    draw: (lines) => {
      state.lines = lines;
      state.draws += 1;
    },
    onKey: (listener) => {
      type = listener;
    },
    onResize: (listener) => {
      resize = listener;
    },
    close: () => {
      state.isClosed = true;
    },
  };
  return { screen, state, size, type: (key: string) => type(key), resize: () => resize() };
}

const pageOf = (...items: readonly Worker[]) => ({ items, next_cursor: null });

t.test('names of agents do nothing to a terminal and leave the columns straight', async (t) => {
  const table = formatWorkers(
    [
      aWorker({ name: '漢字', agent: 'evil\x1b[2J' }),
      aWorker({ name: 'plain', agent: 'demo', cpu_pct: null, memory_bytes: null, pid: null }),
    ],
    styleFor(false, {}),
  );

  t.notMatch(table, '\x1b');
  const [head = '', first = '', second = ''] = table.split('\n');
  t.equal(head.indexOf('RUN'), second.indexOf('run_'));
  t.equal(first.indexOf('run_') + '漢字'.length, second.indexOf('run_'), 'wide characters take two columns');
  t.match(first, 'evil\\e[2J');
  t.match(second, / - +- +- +3 /);
});

t.test('who takes most CPU is first, then most memory; what is not known is last', async (t) => {
  const names = byCpu([
    aWorker({ name: 'unknown', cpu_pct: null }),
    aWorker({ name: 'small', cpu_pct: 1, memory_bytes: 1 }),
    aWorker({ name: 'large', cpu_pct: 1, memory_bytes: 2 }),
    aWorker({ name: 'busy', cpu_pct: 99 }),
  ]).map(({ name }) => name);

  t.strictSame(names, ['busy', 'large', 'small', 'unknown']);
});

t.test('a line is cut to the columns there are, its colours ended', async (t) => {
  const { red } = styleFor(true, {});

  t.equal(fitTo('abc', 3), 'abc');
  t.equal(fitTo('abcd', 3), 'abc');
  t.equal(fitTo(`a${red('bcd')}`, 3), 'a\x1b[31mbc\x1b[0m');
  t.equal(fitTo('漢字', 3), '漢', 'no half of a wide character');
});

t.test('the picture fits the screen, follows its size, and q leaves', async (t) => {
  let asked = 0;
  const daemon = await fakeDaemon({
    'GET /v1/workers': (_request, _response, reply) => {
      asked += 1;
      if (asked === 3) reply(problem('draining', 503, 'The daemon is stopping'), 503);
      else reply(pageOf(...Array.from({ length: 40 }, (_, index) => aWorker({ name: `w${index}` }))));
    },
  });
  t.teardown(daemon.close);
  const terminal = fakeScreen({ columns: 60, rows: 12 });
  const running = runCommand(['top', '--interval', '500ms'], {
    env: daemon.env,
    world: { openScreen: () => terminal.screen, isOutTerminal: true },
  });

  await until('the first picture', () => terminal.state.draws > 0);
  t.equal(terminal.state.lines.length, 12);
  t.match(terminal.state.lines[0], /40 at work · CPU \d+/);
  t.match(terminal.state.lines.at(-1), 'and 33 more');
  t.ok(terminal.state.lines.every((line) => line.replace(/\x1b\[\d*m/g, '').length <= 60));
  terminal.size.columns = 30;
  terminal.resize();
  t.ok(terminal.state.lines.every((line) => line.replace(/\x1b\[\d*m/g, '').length <= 30));
  await until('the trouble', () => terminal.state.lines[0]?.includes('The daemon is stopping'));
  await until('its end', () => terminal.state.lines[0]?.includes('at work'));

  terminal.type('x');
  terminal.type('q');

  t.match(await running, { code: 0, out: '', err: '' });
  t.ok(terminal.state.isClosed);
});

t.test('without a daemon the terminal is not touched', async (t) => {
  const terminal = fakeScreen({ columns: 60, rows: 12 });
  const env = { HOME: t.testdir(), DROVER_SOCKET: `${t.testdirName}/none.sock` };

  const said = await runCommand(['top'], { env, world: { openScreen: () => terminal.screen } });

  t.equal(said.code, 3);
  t.equal(terminal.state.draws, 0);
});

t.test('a terminal is given back as it was, also when the process is told to end', async (t) => {
  const listeners = new Map<string, (...args: never[]) => void>();
  const calls: string[] = [];
  const on = (name: string, listener: (...args: never[]) => void) => void listeners.set(name, listener);
  const off = (name: string) => void listeners.delete(name);
  const streams = {
    stdin: {
      on,
      off,
      setRawMode: (raw: boolean) => calls.push(`raw ${raw}`),
      pause: () => calls.push('pause'),
      resume: () => calls.push('resume'),
    },
    stdout: { on, off, columns: 0, rows: 0, write: (text: string) => calls.push(text) },
    process: {
      pid: 7,
      once: on,
      off,
      kill: (pid: number, signal: string) => calls.push(`kill ${pid} ${signal}`),
    },
  } as unknown as ScreenStreams;

  const screen = openScreen(streams);
  t.equal(screen.columns(), 80, 'a terminal that does not tell its size');
  screen.draw(['a', 'b']);
  listeners.get('SIGTERM')?.();
  screen.draw(['late']);
  screen.close();

  t.strictSame(calls, [
    '\x1b[?1049h\x1b[?25l',
    'raw true',
    'resume',
    '\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J',
    'raw false',
    'pause',
    '\x1b[?25h\x1b[?1049l',
    'kill 7 SIGTERM',
  ]);
  t.equal(listeners.size, 0);
});
