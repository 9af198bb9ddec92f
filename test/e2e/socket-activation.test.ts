import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import t from 'tap';
import { createWorld, type World } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

const skip =
  spawnSync('systemd-socket-activate', ['--version']).status === 0
    ? false
    : 'needs systemd-socket-activate (package systemd)';

/** Listens at `socket` and becomes the daemon at the first connection, as a socket unit would have it. */
function activate(
  world: World,
  socket: string,
  ...options: readonly string[]
): ChildProcess & { said: () => string } {
  mkdirSync(dirname(socket), { recursive: true, mode: 0o700 });
  const shell = 'umask 077; exec "$@"';
  const listen = ['systemd-socket-activate', `--listen=${socket}`, ...options];
  const keep = ['HOME', 'XDG_RUNTIME_DIR', 'PATH'].map((name) => `--setenv=${name}`);
  const daemon = [process.execPath, world.program, 'daemon', 'start', '--foreground'];
  const child = spawn('sh', ['-c', shell, 'sh', ...listen, ...keep, ...daemon], {
    env: { ...world.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += String(chunk);
  });
  return Object.assign(child, { said: () => said });
}

const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('exit', resolve));

t.test(
  'the first connection starts the daemon, which serves on the socket and leaves it',
  { skip },
  async (t) => {
    const world = await createWorld();
    t.teardown(world.close);
    const child = activate(world, world.socket, '--fdname=control');
    const over = ended(child);
    await until('the listener', () => lstatSync(world.socket, { throwIfNoEntry: false })?.isSocket());

    const status = await world.http('GET', '/v1/status');

    t.match(status.json, { running: true, socket: world.socket, pid: child.pid });
    const run = await world.start('env');
    await world.reach(run.run_id, 'succeeded');
    const log = await world.run(['runs', 'logs', run.run_id]);
    t.match(log.out, /^PATH=/m);
    t.notMatch(log.out, /LISTEN_|NOTIFY_SOCKET|WATCHDOG_|JOURNAL_STREAM|DROVER_SERVICE/);
    t.equal((await world.run(['daemon', 'stop'])).code, 0);
    t.equal(await over, 0);
    t.ok(lstatSync(world.socket).isSocket(), 'the socket is the manager’s to remove');
  },
);

t.test('a socket at another path is refused, and a restart would not help', { skip }, async (t) => {
  const world = await createWorld();
  t.teardown(world.close);
  const path = `${world.root}/run/other.sock`;
  const child = activate(world, path);
  const over = ended(child);
  await until('the listener', () => lstatSync(path, { throwIfNoEntry: false })?.isSocket());

  const peer = connect(path);
  peer.on('error', () => {}); // the daemon goes without an answer

  t.equal(await over, 2);
  peer.destroy();
  t.match(child.said(), /listens on '.*other\.sock', and the daemon's socket is '.*drover\.sock'/);
});
