import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { fakeDaemon } from '../support/fake-daemon.ts';
import { aStatus } from '../support/resources.ts';
import { runCommand } from '../support/run-command.ts';

/** A home of one's own, with a PATH on which no service manager is. */
function makeHome(t: Test) {
  const home = mkdtempSync(join(tmpdir(), 'drover-home-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const env = { HOME: home, XDG_RUNTIME_DIR: join(home, 'run'), PATH: '/nonexistent' };
  const write = (path: string, text = '') => {
    mkdirSync(dirname(join(home, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(home, path), text);
    return join(home, path);
  };
  const state = (profile: string) =>
    `.local/state/drover${profile === 'default' ? '' : `/profiles/${profile}`}`;
  const say = (line: string, more: Record<string, string> = {}) =>
    runCommand(line.split(' '), { env: { ...env, ...more } });
  return { home, env, write, state, say };
}

type Home = ReturnType<typeof makeHome>;

/** An endpoint file of a live process, this one. */
function announce({ write, state }: Home, profile: string, change: object = {}): void {
  const [, startTime = ''] = /^\d+ \(.*\) (.*)$/s.exec(readFileSync('/proc/self/stat', 'latin1')) ?? [];
  const endpoint = {
    pid: process.pid,
    start_time: startTime.split(' ')[19],
    boot_id: 'b',
    instance_id: 'i',
    version: '0.1.0',
    socket: '/nonexistent/s',
    address: null,
  };
  write(`${state(profile)}/daemon.json`, JSON.stringify({ ...endpoint, ...change }));
}

async function listen(t: Test, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => server.close());
}

const linux = process.platform === 'linux' ? false : 'writes an endpoint file with a start time of /proc';

void t.test('every profile that left a trace is listed with how it does', { skip: linux }, async (t) => {
  const home = makeHome(t);
  const { write, state, env } = home;
  const daemon = await fakeDaemon({
    'GET /v1/status': aStatus({ profile: 'work', pid: 7, version: '0.2.0', address: '127.0.0.1:7777' }),
  });
  t.teardown(daemon.close);
  write('.config/drover/daemon.toml');
  announce(home, 'work', { socket: daemon.socket });
  const hung = join(home.home, 'hung.sock');
  await listen(t, hung);
  announce(home, 'hung', { socket: hung, version: '0.1.5' });
  announce(home, 'killed', { start_time: '1' });
  announce(home, 'deaf');
  announce(home, 'taken', { socket: daemon.socket });
  write('.config/drover/profiles/new/daemon.toml');
  write('.config/drover/profiles/Not-A-Name/daemon.toml');
  write('.config/drover/profiles/empty/other.toml');
  write(`${state('file')}`);
  mkdirSync(join(home.home, state('open')), { mode: 0o700 });
  chmodSync(join(home.home, state('open')), 0o777);
  const unit = write('.config/systemd/user/drover-unit.service');
  write('.config/systemd/user/drover-asleep.service');
  write('.config/systemd/user/drover-asleep.socket');
  await listen(t, join(env.XDG_RUNTIME_DIR, 'drover/profiles/asleep/drover.sock'));

  const { code, out, err } = await home.say('list-profiles --json');
  const { items, next_cursor } = JSON.parse(out);
  const names = await home.say('list-profiles --names');
  const table = await home.say('list-profiles --profile work');
  const left = await home.say('list-profiles --profile killed');
  const one = await home.say('list-profiles --profile killed --json');

  t.equal(code, 0, err);
  t.equal(next_cursor, null);
  const byName = Object.fromEntries(items.map((item: { name: string }) => [item.name, item]));
  t.same(Object.keys(byName), [
    'default',
    'asleep',
    'deaf',
    'hung',
    'killed',
    'new',
    'open',
    'taken',
    'unit',
    'work',
  ]);
  t.strictSame(byName.default, {
    name: 'default',
    socket: join(env.XDG_RUNTIME_DIR, 'drover/drover.sock'),
    config: join(home.home, '.config/drover/daemon.toml'),
    state_root: join(home.home, state('default')),
    status: 'not_running',
    pid: null,
    version: null,
    address: null,
    reason: null,
    server: null,
    host: null,
    service: null,
  });
  const facts = { status: 'running', pid: 7, version: '0.2.0', address: '127.0.0.1:7777', reason: null };
  t.match(byName.work, facts);
  t.match(byName.hung, { status: 'not_answering', pid: process.pid, version: '0.1.5', reason: /No answer/i });
  t.match(byName.killed, { status: 'not_running', pid: null, reason: 'it ended without being stopped' });
  t.match(byName.deaf, { status: 'not_answering', reason: /nobody listens on \/nonexistent\/s/ });
  t.match(byName.taken, { status: 'not_running', reason: /belongs to profile 'work' \(pid 7\)/ });
  t.match(byName.open, { status: 'broken', reason: /can be written by other users/ });
  t.match(byName.asleep, { status: 'not_running', reason: /whoever connects starts it/ });
  t.match(byName.new, { status: 'not_running', config: /profiles\/new\/daemon.toml$/ });
  t.match(byName.unit, { service: { unit: 'drover-unit.service', file: unit, state: null }, config: null });
  t.equal(names.out, `${Object.keys(byName).join('\n')}\n`);
  t.match(table.out, /^PROFILE +STATUS +PID +VERSION +SERVICE +CONFIG +ENDPOINT\n/);
  t.match(table.out, /\nwork +running +7 +0\.2\.0 +- +defaults +\S+ and 127\.0\.0\.1:7777\n/);
  t.match(left.out, '\nkilled: it ended without being stopped\n');
  t.same(
    JSON.parse(one.out).items.map((item: { name: string }) => item.name),
    ['killed'],
  );
});

void t.test('without a profile there is nothing to list', async (t) => {
  const { say } = makeHome(t);

  const none = await say('list-profiles');
  const json = await say('list-profiles --json');
  const another = await say('list-profiles --daemon 127.0.0.1:1');

  t.same([none.code, none.out], [0, '']);
  t.match(none.err, 'drover daemon start');
  t.same(JSON.parse(json.out), { items: [], next_cursor: null });
  t.equal(another.code, 2);
});

void t.test('a daemon that is not running is named by its profile, and a slip is seen', async (t) => {
  const { write, say } = makeHome(t);
  write('.config/drover/profiles/work/daemon.toml');
  write('.config/drover/profiles/play/daemon.toml');

  for (const line of ['status', 'runs list', 'stop', 'daemon reload', 'approvals']) {
    const known = await say(`${line} --profile work`);
    const slip = await say(line, { DROVER_PROFILE: 'wrok' });
    const unknown = await say(`${line} --profile elsewhere`);
    const unnamed = await say(line);

    t.same([known.code, slip.code, unknown.code, unnamed.code], [3, 3, 3, 3], line);
    t.match(known.err, "start that of profile 'work' with: drover daemon start --profile work");
    t.match(slip.err, "did you mean --profile work? there is no profile 'wrok' yet", line);
    t.match(unknown.err, "there is no profile 'elsewhere' yet; begin it with: drover daemon start");
    t.match(unknown.err, 'profiles: play, work');
    t.match(unnamed.err, 'there are other profiles, to name with --profile: play, work');
  }
  t.equal((await say('status --profile wrok')).out, 'daemon not running\n');
});

void t.test('a socket or a state root that was named is not a matter of profiles', async (t) => {
  const { write, say } = makeHome(t);
  write('.config/drover/profiles/work/daemon.toml');

  const socket = await say('status --socket /nonexistent/s --profile wrok');
  const stateRoot = await say('status --state-root /nonexistent');

  t.match(socket.err, 'nobody listens on /nonexistent/s');
  t.match(stateRoot.err, 'drover daemon start --state-root /nonexistent');
});

void t.test('an error that may come from another version says which the two are', async (t) => {
  const answers: Record<string, object | ((...args: never[]) => void)> = {
    'GET /v1/status': aStatus({ version: '0.2.0' }),
    'POST /v1/reload': (_request: never, response: { end: (text: string) => void } & never) => {
      (response as { setHeader: (name: string, value: string) => void }).setHeader(
        'content-type',
        'application/json',
      );
      (response as { end: (text: string) => void }).end('{"applied":');
    },
    'GET /v1/approvals': (_request: never, _response: never, reply: (body: object, status: number) => void) =>
      reply({ code: 'of_the_future', status: 409, detail: 'No way yet', hint: 'wait' }, 409),
  };
  const daemon = await fakeDaemon(answers as Parameters<typeof fakeDaemon>[0]);
  t.teardown(daemon.close);
  const say = (line: string, version = '0.1.0') =>
    runCommand(line.split(' '), { env: daemon.env, world: { version } });
  const older = 'the daemon runs version 0.2.0, and this is drover 0.1.0: call the newer drover';

  const noRoute = await say('runs list');
  const noJson = await say('daemon reload');
  const newCode = await say('approvals');
  const asJson = await say('approvals --json');
  const same = await say('runs list', '0.2.0');
  const newer = await say('runs list', '0.3.0');

  t.match([noRoute.code, noRoute.err], [5, older]);
  t.match(noJson.err, `The daemon's answer to /v1/reload is not JSON`);
  t.match(noJson.err, older);
  t.match([newCode.code, newCode.err], [6, /error: No way yet\nhint: wait; the daemon runs version 0\.2\.0/]);
  t.match(JSON.parse(asJson.err), { code: 'conflict', daemon_code: 'of_the_future', detail: 'No way yet' });
  t.notMatch(same.err, 'version');
  t.match(newer.err, 'bring it up to date with: drover daemon restart (runs go on)');
});

void t.test(
  'status, start and --version say that the daemon is of another version',
  { skip: linux },
  async (t) => {
    const home = makeHome(t);
    const daemon = await fakeDaemon({
      'GET /v1/status': aStatus({ version: '0.2.0', profile: 'work' }),
    });
    t.teardown(daemon.close);
    announce(home, 'work', { socket: daemon.socket, version: '0.2.0' });
    announce(home, 'gone', { version: '0.2.0', start_time: '1' });
    const say = (line: string, version: string) =>
      runCommand(line.split(' '), { env: home.env, world: { version } });

    for (const line of ['--profile work --version', 'status --profile work', 'daemon start --profile=work']) {
      const newer = await say(line, '0.10.0');
      const older = await say(line, '0.1.9');
      const same = await say(line, '0.2.0');
      const json = await say(`${line} --json`, '0.10.0');

      t.same([newer.code, older.code, same.code, json.code], [0, 0, 0, 0], line);
      t.equal(
        newer.err,
        'note: the daemon runs version 0.2.0, and this is drover 0.10.0\nhint: bring it up to date with: drover daemon restart --profile work (runs go on)\n',
      );
      t.match(older.err, 'hint: call the newer drover, or go back to this one');
      t.equal(same.err, '');
      t.ok(JSON.parse(json.out), 'stdout is only the answer');
      t.equal(json.err, newer.err);
    }
    t.same(await say('--version --profile work', '0.3.0'), {
      ...(await say('version --profile work', '0.3.0')),
      out: '0.3.0\n',
    });
    t.same(await say('--version --profile gone', '0.3.0'), { code: 0, out: '0.3.0\n', err: '' });
    t.same(await say('--version --profile A/B', '0.3.0'), { code: 0, out: '0.3.0\n', err: '' });
  },
);
