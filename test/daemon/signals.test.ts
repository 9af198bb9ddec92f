import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { Log } from '../../src/base/index.ts';
import { installSignals } from '../../src/daemon/signals.ts';

function setUp(t: Test, onReload = async () => {}) {
  const said: string[] = [];
  const say = (message: string, fields?: unknown) =>
    void said.push(`${message} ${String((fields as { err?: unknown })?.err ?? '')}`.trim());
  const log: Log = { debug: say, info: say, warn: say, error: say };
  const done: string[] = [];
  const source = new EventEmitter();
  const output = new EventEmitter();
  const uninstall = installSignals({
    onStop: async (reason) => void done.push(`stop ${reason}`),
    onReload: async () => {
      done.push('reload');
      await onReload();
    },
    exit: (code) => void done.push(`exit ${code}`),
    log,
    source,
    outputs: [output],
  });
  t.teardown(uninstall);
  return { source, output, done, said, uninstall };
}

t.test('SIGTERM and the first SIGINT drain once; the second SIGINT ends at once', async (t) => {
  const { source, done } = setUp(t);

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM']) source.emit(signal);
  t.same(done, ['stop SIGTERM']);
  source.emit('SIGINT');
  t.same(done, ['stop SIGTERM', 'exit 130']);
});

t.test('SIGHUP reloads each time, and a reload that fails is logged', async (t) => {
  const { source, done, said } = setUp(t, async () => {
    throw new Error('bad file');
  });

  source.emit('SIGHUP');
  source.emit('SIGHUP');
  await new Promise(setImmediate);

  t.same(done, ['reload', 'reload']);
  t.match(said[0], /bad file/);
});

t.test('a fault that nobody caught is logged and ends the process with 1', async (t) => {
  const { source, done, said } = setUp(t);

  source.emit('uncaughtException', new Error('broken'));
  source.emit('unhandledRejection', 'just text');

  t.same(done, ['exit 1', 'exit 1']);
  t.same(said, ['uncaught exception, ending Error: broken', 'unhandled rejection, ending Error: just text']);
});

t.test('a reader of stdout that goes away changes nothing', async (t) => {
  const { source, output, done, uninstall } = setUp(t);

  output.emit('error', new Error('EPIPE'));
  source.emit('SIGPIPE');
  t.same(done, []);
  uninstall();
  t.same([...source.eventNames(), ...output.eventNames()], []);
});

t.test('a real process: SIGPIPE and SIGHUP leave it, SIGTERM drains it', async (t) => {
  const fixture = fileURLToPath(new URL('../fixtures/signals.ts', import.meta.url));
  const child = spawn(process.execPath, [fixture], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value;
  const exited = once(child, 'exit');
  t.equal(await next(), 'ready');

  child.kill('SIGPIPE');
  child.kill('SIGHUP');
  t.equal(await next(), 'reload');
  child.kill('SIGTERM');
  t.equal(await next(), 'stop SIGTERM');

  t.same(await exited, [0, null]);
});
