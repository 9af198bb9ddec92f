import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Status } from '../../src/contract/index.ts';
import { open } from '../support/http-server.ts';
import { createWorld, startWorld, type World } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

t.setTimeout(280_000);

/** Every path below a folder with its type and mode, as `d700 logs`. */
function modesBelow(folder: string, within = ''): string[] {
  return readdirSync(join(folder, within)).flatMap((name) => {
    const path = join(within, name);
    const info = lstatSync(join(folder, path));
    const kind = info.isDirectory()
      ? 'd'
      : info.isSocket()
        ? 's'
        : info.isFIFO()
          ? 'p'
          : info.isSymbolicLink()
            ? 'l'
            : 'f';
    const line = `${kind}${(info.mode & 0o777).toString(8)} ${path}`;
    return info.isDirectory() ? [line, ...modesBelow(folder, path)] : [line];
  });
}

t.test('start, start again, status, stop: each says what is', async (t) => {
  const world = await createWorld();
  t.teardown(world.close);

  const absent = await world.drover('status');
  const started = await world.drover('daemon start');
  const again = await world.drover('daemon start');
  const second = await world.drover('daemon start --foreground');
  const status = await world.json<Status>(['status']);
  const stopped = await world.drover('stop');
  const stoppedAgain = await world.drover('stop');

  t.strictSame([absent.code, absent.out], [3, 'daemon not running\n']);
  t.match(absent.err, `nobody listens on ${world.socket}`);
  t.match(started, { code: 0, out: `daemon started: pid ${status.pid}, ${world.socket}\n`, err: '' });
  t.match(again, { code: 0, out: `daemon is running already: pid ${status.pid}, ${world.socket}\n` });
  t.equal(second.code, 6);
  t.match(second.err, `pid ${status.pid}, socket ${world.socket}`);
  t.match(second.err, 'drover daemon stop');
  t.match(stopped, { code: 0, out: `daemon stopped: pid ${status.pid}\n` });
  t.equal(stoppedAgain.code, 3);
});

t.test('the PID and endpoint files stand while the daemon does', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const { pid, instance_id } = await world.status();
  const pidFile = join(world.stateRoot, 'daemon.pid');
  const endpointFile = join(world.stateRoot, 'daemon.json');

  t.equal(readFileSync(pidFile, 'utf8'), `${pid}\n`);
  t.match(JSON.parse(readFileSync(endpointFile, 'utf8')), {
    pid,
    instance_id,
    socket: world.socket,
    address: null,
    start_time: /^\d+$/,
    boot_id: /^[0-9a-f-]{36}$/,
    version: '0.1.0',
  });
  const { XDG_RUNTIME_DIR: _, ...cron } = world.env;
  const fromCron = await world.run(['status'], { env: { ...cron, XDG_RUNTIME_DIR: '' } });
  t.equal(fromCron.code, 0, 'a client without XDG_RUNTIME_DIR finds it');

  await world.drover('stop');
  t.notOk(existsSync(pidFile));
  t.notOk(existsSync(endpointFile));
  t.notOk(existsSync(world.socket));
});

t.test('after a whole scenario no file or folder can be read by others', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));
  await world.run(['run', '--agent', 'demo', 'x'], { cwd: repo });
  await world.run(['approvals', 'allow', String((await approvals(world))[0])]);
  await world.run(['run', '--agent', 'command', '--', 'sh', '-c', 'umask 022; echo hi'], { cwd: repo });
  await world.run(['run', '--agent', 'command', '--', 'true']);
  const live = await world.start('sleep 60');
  await world.reach(live.id, 'running');

  const modes = modesBelow(world.stateRoot);
  const wide = modes
    .filter((line) => !/^worktrees\/[^/]+\/[^/]+(?:\/|$)/.test(line.split(' ')[1] ?? '')) // the user's own files
    .filter((line) => !/^(?:d700|[fsp][64]00) /.test(line));
  t.comment(`${modes.length} files and folders`);
  t.ok(modes.length > 40);
  t.strictSame(wide, []);
  t.strictSame(modesBelow(join(world.root, 'run')), ['d700 drover', 's600 drover/drover.sock']);
});

async function approvals(world: World): Promise<string[]> {
  const { items } = await world.json<{ items: { id: string }[] }>(['approvals', 'list']);
  return items.map(({ id }) => id);
}

t.test('a daemon that was asked to stop says so, leaves its runs alone, and finds them again', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const run = await world.start(
      'echo before; while [ ! -e "$0.go" ]; do sleep 0.05; done; echo after',
      '--label',
      signal,
    );
    const { worktree } = await world.reach(run.id, 'running');
    const { pid } = await world.status();
    process.kill(pid, signal);
    await until('the daemon to be gone', () => !existsSync(join(world.stateRoot, 'daemon.pid')));
    t.equal((await world.drover('status')).code, 3);
    writeFileSync(join(String(worktree), 'sh.go'), '');
    await world.drover('daemon start');
    await world.reach(run.id, 'succeeded');
    t.equal((await world.drover(`runs logs ${run.id}`)).out, 'before\nafter\n');
  }
});

t.test('while draining /readyz says so, and nothing new is started', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const { pid } = await world.status();
  const slow = open({ socket: world.socket }); // a request under way, of which the body is still to come
  let heard = '';
  slow.on('data', (chunk) => {
    heard += String(chunk);
  });
  const head = 'POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
  slow.write(`${head}Content-Length: 29\r\nExpect: 100-continue\r\n\r\n`);
  await until('the request to be under way', () => heard.includes('100 Continue'));
  t.equal((await world.http('GET', '/readyz')).status, 200);

  process.kill(pid, 'SIGTERM');
  const drained = await until('the drain', async () => {
    const ready = await world.http('GET', '/readyz');
    return ready.status === 200 ? null : ready;
  });
  const start = await world.http('POST', '/v1/runs', { body: { prompt: 'x', agent: 'demo' } });
  const status = await world.drover('status');
  const alive = await world.http('GET', '/healthz');
  slow.write('{"prompt":"x","agent":"demo"}');

  t.match(drained, { status: 503, json: { code: 'draining' } });
  t.match(start, { status: 503, json: { code: 'draining' } });
  t.match(status.out, 'stopping');
  t.equal(alive.status, 200);
  await until('its answer', () => heard.includes('"draining"'));
  t.match(heard, /HTTP\/1.1 503 /);
  await until('the daemon to be gone', () => !existsSync(join(world.stateRoot, 'daemon.pid')));
  slow.destroy();
});

t.test('a stop waits at most its time for a client that never reads', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const client = open({ socket: world.socket });
  client.on('error', () => {});
  client.write('GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  client.pause();

  const stopped = await world.drover('stop'); // which waits for a time of its own

  t.equal(stopped.code, 0, stopped.err);
  client.destroy();
});

t.test('an explicit state root without a daemon never means the daemon of another one', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const other = join(world.root, 'other');
  mkdirSync(other, { mode: 0o700 });
  const { pid } = await world.status();

  for (const env of [{}, { DROVER_STATE_ROOT: other }]) {
    const flag = 'DROVER_STATE_ROOT' in env ? [] : [`--state-root=${other}`];
    for (const command of ['stop', 'status', 'daemon reload', 'runs list', 'approvals']) {
      const said = await world.run([...command.split(' '), ...flag], { env });
      t.equal(said.code, 3, `${command} ${flag.join('')} ${said.out}${said.err}`);
      t.match(said.err, other, 'it says which state root has no daemon');
    }
  }
  t.equal((await world.status()).pid, pid);

  const second = await world.run(['daemon', 'start', `--state-root=${other}`, `--socket=${world.root}/o/s`]);
  t.equal(second.code, 0, second.err);
  const found = await world.json<Status>(['status', `--state-root=${other}`]);
  t.not(found.pid, pid);
  t.equal(found.state_root, other);
  t.equal((await world.drover(`stop --state-root=${other}`)).code, 0);
  t.equal((await world.status()).pid, pid);
});

t.test('state roots of one’s own run side by side, each with its socket in it', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const roots = ['one', 'two'].map((name) => join(world.root, name));

  for (const root of roots) {
    const started = await world.run(['daemon', 'start', `--state-root=${root}`]);
    t.equal(started.code, 0, started.err);
  }
  const byFlag = await world.json<Status>(['status', `--state-root=${roots[0]}`]);
  const byEnv = await world.json<Status>(['status'], { env: { DROVER_STATE_ROOT: roots[1] ?? '' } });
  rmSync(join(roots[0] ?? '', 'daemon.json'));
  const withoutFile = await world.json<Status>(['status', `--state-root=${roots[0]}`]);
  const elsewhere = await world.run(['daemon', 'start', `--socket=${join(world.root, 'own/s')}`]);

  t.match([byFlag, byEnv], [{ socket: `${roots[0]}/drover.sock` }, { socket: `${roots[1]}/drover.sock` }]);
  t.equal(new Set([byFlag.pid, byEnv.pid, (await world.status()).pid]).size, 3);
  t.equal(withoutFile.pid, byFlag.pid, 'it is found without its endpoint file');
  t.equal(elsewhere.code, 6, 'one state root, two sockets');
  t.match(elsewhere.err, `socket ${world.socket}`);
  for (const root of roots) t.equal((await world.run(['stop', `--state-root=${root}`])).code, 0);
  t.equal((await world.status()).state_root, world.stateRoot);
});

t.test('a profile has its own configuration, state and socket', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const folder = join(world.home, '.config/drover/profiles/work');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'daemon.toml'), 'max_parallel_runs = 1\n');

  const started = await world.drover('daemon start --profile work');
  const status = await world.json<Status>(['status', '--profile', 'work']);
  const byEnv = await world.json<Status>(['status'], { env: { DROVER_PROFILE: 'work' } });
  const mine = await world.status();
  const bad = await world.drover('status --profile Work!');

  t.equal(started.code, 0, started.err);
  t.match(status, {
    profile: 'work',
    state_root: join(world.stateRoot, 'profiles/work'),
    socket: join(world.root, 'run/drover/profiles/work/drover.sock'),
    config: join(folder, 'daemon.toml'),
  });
  t.equal(byEnv.pid, status.pid);
  t.match(mine, { profile: 'default', state_root: world.stateRoot });
  t.not(mine.pid, status.pid);
  t.equal(bad.code, 2);
  t.equal((await world.drover('stop --profile work')).code, 0);
  t.equal((await world.status()).pid, mine.pid);
});

t.test('restart and POST /v1/shutdown', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const before = await world.status();

  const restarted = await world.drover('daemon restart');
  const after = await world.status();
  const shutdown = await world.http('POST', '/v1/shutdown');

  t.equal(restarted.code, 0);
  t.not(after.pid, before.pid);
  t.match([shutdown.status, shutdown.json], [202, { status: 'stopping' }]);
  await until('the daemon to be gone', () => !existsSync(join(world.stateRoot, 'daemon.pid')));
});
