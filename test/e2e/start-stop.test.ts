import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { readIdentity } from '../../src/base/index.ts';
import type { RunDaemonOptions } from '../../src/cli/index.ts';
import { fakeDaemon } from '../support/fake-daemon.ts';
import { aStatus } from '../support/resources.ts';
import { runCommand } from '../support/run-command.ts';
import { until } from '../support/until.ts';

/** A home whose path leaves room for a socket's. */
const homeOf = (t: Test): string => {
  const home = mkdtempSync(join(tmpdir(), 'drover-home-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  return home;
};

const program = [fileURLToPath(new URL('../support/fake-program.ts', import.meta.url))];

void t.test('a detached start prints the running one, a second start the same, stop ends it', async (t) => {
  const home = homeOf(t);
  const env = { HOME: home, DROVER_SOCKET: join(home, 'd.sock'), PATH: '' };
  const say = (line: string) =>
    runCommand([...line.split(' '), `--socket=${join(home, 'd.sock')}`], { env, world: { program } });

  const first = await say('daemon start');
  const second = await say('daemon start');
  const stopped = await say('stop');
  const again = await say('stop');

  const pid = /pid (\d+)/.exec(first.out)?.[1];
  t.equal(first.code, 0, first.err);
  t.match(first.out, `daemon started: pid ${pid}, ${join(home, 'd.sock')}\n`);
  t.match(first.err, 'the disk is nearly full');
  t.match(second.out, `daemon is running already: pid ${pid},`);
  t.equal(stopped.out, `daemon stopped: pid ${pid}\n`);
  await until('its process to be gone', async () => (await readIdentity(Number(pid))) === null);
  t.equal(again.code, 3, again.err);
  t.ok(
    existsSync(join(home, '.local/state/drover/logs/daemon.stderr')),
    'the trace of a crash would be kept',
  );
});

void t.test('a start that fails says why, with the exit code of the reason', async (t) => {
  for (const [how, code, expected] of [
    ['problem', 2, /error: line 3: no key pol\nhint: did you mean poll/],
    ['crash', 1, /did not start: Error: out of luck\nhint: run it in this terminal/],
    ['silent', 1, /did not start: it said nothing/],
  ] as const) {
    const home = homeOf(t);
    const env = { HOME: home, DROVER_SOCKET: join(home, 'd.sock'), FAKE_PROGRAM: how, PATH: '' };

    const said = await runCommand(['daemon', 'start'], { env, world: { program } });

    t.equal(said.code, code, how);
    t.equal(said.out, '');
    t.match(said.err, expected, how);
  }
});

void t.test('the foreground gets what the options say, in every spelling of the address', async (t) => {
  const seen: RunDaemonOptions[] = [];
  const runDaemon = async (options: RunDaemonOptions) => {
    seen.push(options);
    return 6;
  };
  const start = (line: string) =>
    runCommand(line.split(' '), { env: { HOME: '/h', PATH: '' }, world: { runDaemon } });

  const said = await start('daemon start --foreground --addr 127.0.0.1:7777 --config c.toml --profile work');
  await start('serve --bind 127.0.0.1:7777');
  await start('d start --foreground --host 127.0.0.1 --port 7777');
  await start('serve --port 7777');
  await start('serve --addr /run/me/d.sock --http-admin-token t');

  t.equal(said.code, 6, 'the exit code is the daemon’s');
  t.match(seen[0], {
    profile: 'work',
    config: 'c.toml',
    paths: {
      stateRoot: '/h/.local/state/drover/profiles/work',
      config: '/h/c.toml',
      isConfigNamed: true,
    },
  });
  for (const options of seen.slice(0, 4)) t.match(options, { addr: '127.0.0.1:7777', socket: undefined });
  t.match(seen[4], { addr: undefined, socket: '/run/me/d.sock', adminToken: 't' });
});

void t.test('another machine’s daemon is asked to stop over HTTP', async (t) => {
  let isStopping = false;
  const daemon = await fakeDaemon({
    'GET /v1/status': aStatus({ pid: 2 ** 22 }),
    'POST /v1/shutdown': (_request, _response, reply) => {
      isStopping = true;
      reply({ status: 'stopping' }, 202);
      setImmediate(() => void daemon.close());
    },
  });

  const said = await runCommand(['stop', '--daemon', daemon.socket], { env: { HOME: '/h' } });

  t.equal(said.code, 0, said.err);
  t.equal(isStopping, true);
});

void t.test('restart starts a daemon where none is running', async (t) => {
  const home = homeOf(t);
  const env = { HOME: home, DROVER_SOCKET: join(home, 'd.sock'), PATH: '' };
  const argv = ['daemon', 'restart', `--socket=${join(home, 'd.sock')}`];

  const first = await runCommand(argv, { env, world: { program } });
  const second = await runCommand(argv, { env, world: { program } });
  await runCommand(['stop'], { env });

  t.match(first.out, 'daemon started');
  t.match(second.out, 'daemon started');
  t.not(first.out, second.out, 'another pid');
});
