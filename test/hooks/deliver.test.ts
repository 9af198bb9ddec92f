import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { readProcess } from '../../src/base/index.ts';
import { type HookConfig, version } from '../../src/contract/index.ts';
import type { Delivery } from '../../src/domain/hooks/delivery.ts';
import { toHook } from '../../src/domain/hooks/hook.ts';
import { createDelivering } from '../../src/domain/hooks/index.ts';
import { startReceiver } from '../support/receiver.ts';
import { until } from '../support/until.ts';

const delivery: Delivery = {
  id: 'key-7',
  seq: 7,
  type: 'run.finished',
  json: '{"seq":7,"profile":"default"}',
  runId: 'run_1',
  plan: 'shop-window',
};
/** True when none of these is there but as a zombie. */
const areGone = async (pids: readonly number[]) => {
  const rows = await Promise.all(pids.map(readProcess));
  return rows.every((row) => row === null || row.isZombie);
};
const never = new AbortController().signal;

/** Delivers to a hook from a daemon with this environment, whose person's home is `home`. */
function deliver(
  change: Partial<HookConfig>,
  {
    env = {},
    home = '/',
    signal = never,
  }: { env?: Record<string, string>; home?: string; signal?: AbortSignal } = {},
) {
  const delivering = createDelivering({
    daemonEnv: { PATH: process.env.PATH, HOME: home, ...env },
    user: { username: 'ada', homedir: '/', shell: '/bin/sh' },
    profile: 'default',
    socket: '/run/drover.sock',
  });
  const hook = toHook({ on: ['*'], timeout: '20s', ...change });
  return delivering.deliver(hook, delivery, signal);
}

t.test('an event goes by POST as JSON, with what tells it from others', async (t) => {
  const receiver = await startReceiver();
  t.teardown(receiver.close);

  const outcome = await deliver(
    { url: `${receiver.url}/in?x=1`, headers: { Authorization: 'Bearer $TOKEN' } },
    { env: { TOKEN: 's3cret' } },
  );

  t.same(outcome, { kind: 'delivered' });
  t.equal(receiver.received.length, 1);
  t.match(receiver.received[0], {
    path: '/in?x=1',
    event: { seq: 7, profile: 'default' },
    headers: {
      'content-type': 'application/json',
      'content-length': String(delivery.json.length),
      'user-agent': `drover/${version}`,
      'drover-event': 'run.finished',
      'drover-delivery': 'key-7',
      authorization: 'Bearer s3cret',
      connection: 'close',
    },
  });
});

t.test('only 2xx is success, and a redirect is not followed', async (t) => {
  const receiver = await startReceiver();
  t.teardown(receiver.close);
  const cases: [status: number, error: string | null][] = [
    [200, null],
    [202, null],
    [302, 'it answered 302, and redirects are not followed'],
    [404, 'it answered 404'],
    [500, 'it answered 500'],
  ];
  for (const [status, error] of cases) {
    receiver.answer(({ response }) => response.writeHead(status, { location: '/elsewhere' }).end('text'));
    const outcome = await deliver({ url: `${receiver.url}/in` });
    t.same(outcome, error === null ? { kind: 'delivered' } : { kind: 'failed', error });
  }
  t.same(receiver.on('/elsewhere'), []);
});

t.test('an answer without end is read no further than needed', async (t) => {
  const receiver = await startReceiver();
  t.teardown(receiver.close);
  const sent = { bytes: 0, isClosed: false };
  receiver.answer(({ response }) => {
    response.writeHead(200);
    response.on('close', () => {
      sent.isClosed = true;
    });
    const write = () => {
      while (!response.destroyed && response.write(Buffer.alloc(16_384))) sent.bytes += 16_384;
    };
    response.on('drain', write);
    write();
  });

  t.same(await deliver({ url: receiver.url }), { kind: 'delivered' });
  await until('the connection to be closed', () => sent.isClosed);
  t.ok(sent.bytes < 16 * 2 ** 20, `${sent.bytes} bytes were taken`);
});

t.test('who does not answer, hangs up or is not there has failed, in words', async (t) => {
  const open = new Set<Socket>();
  let isRude = false;
  const server = createServer((socket) => {
    open.add(socket.on('error', () => {}));
    if (isRude) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/geheim`;

  const late = await deliver({ url, timeout: '50ms' });
  const cut = new AbortController();
  const under = deliver({ url }, { signal: cut.signal });
  cut.abort();
  t.match(await under, { kind: 'failed' }, 'cut short');
  isRude = true;
  const rude = await deliver({ url });
  for (const socket of open) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  const gone = await deliver({ url });
  const unset = await deliver({ url, headers: { a: '$TOKEN' } });
  const unsendable = await deliver({ url, headers: { a: '$TOKEN' } }, { env: { TOKEN: 'geheim\n' } });
  const tls = await deliver({ url: url.replace('http:', 'https:') });

  t.same(late, { kind: 'failed', error: 'there was no answer within 50ms' });
  t.match(rude, { kind: 'failed', error: /hang up|ECONNRESET|EPIPE/ });
  t.match(gone, { kind: 'failed', error: /^connect ECONNREFUSED 127\.0\.0\.1:\d+$/ });
  t.same(unset, { kind: 'failed', error: '$TOKEN is not set in the environment of the daemon' });
  t.same(unsendable, { kind: 'failed', error: 'Invalid character in header content ["a"]' });
  t.match(tls, { kind: 'failed', error: /ECONNREFUSED/ });
});

t.test('a command gets the event on standard input, and an environment that says what it is', async (t) => {
  const home = t.testdir();
  const env = {
    LC_ALL: 'C.UTF-8',
    XDG_RUNTIME_DIR: '/run/user/1',
    DISPLAY: ':0',
    DROVER_TOKEN: 'no',
    GH_TOKEN: 'no',
  };

  const outcome = await deliver(
    { command: ['sh', '-c', 'cat > stdin; env > env; printf %s "$1" > args', '$0', '$HOME *'] },
    { home, env },
  );

  t.same(outcome, { kind: 'delivered' });
  t.equal(readFileSync(join(home, 'stdin'), 'utf8'), `${delivery.json}\n`);
  t.equal(readFileSync(join(home, 'args'), 'utf8'), '$HOME *', 'no shell but its own');
  const told = readFileSync(join(home, 'env'), 'utf8').trim().split('\n');
  const names = told.map((line) => line.split('=')[0] ?? '');
  t.same(
    told.filter((line) => line.startsWith('DROVER_')).toSorted(),
    [
      'DROVER_DELIVERY=key-7',
      'DROVER_EVENT=run.finished',
      'DROVER_EVENT_RUN_ID=run_1',
      'DROVER_EVENT_SEQ=7',
      'DROVER_PLAN=shop-window',
      'DROVER_PROFILE=default',
      'DROVER_SOCKET=/run/drover.sock',
    ],
    'nothing that makes it a process of the run, and no token',
  );
  for (const name of ['HOME', 'PATH', 'LC_ALL', 'XDG_RUNTIME_DIR', 'DISPLAY'])
    t.ok(names.includes(name), name);
  t.notOk(names.includes('GH_TOKEN'));
});

t.test('a command has succeeded when it exits with 0, and says why not otherwise', async (t) => {
  const home = t.testdir();
  const sh = (script: string) => deliver({ command: ['sh', '-c', script] }, { home });

  t.same(await sh('exec <&-; exit 0'), { kind: 'delivered' }, 'without reading');
  t.same(await sh('echo one >&2; printf "\\033[1mtwo\\t  words\\n\\n" >&2; exit 3'), {
    kind: 'failed',
    error: 'it exited with 3: [1mtwo words',
  });
  t.same(await sh('exit 3'), { kind: 'failed', error: 'it exited with 3' });
  t.same(await sh('kill -9 $$'), { kind: 'failed', error: 'it was ended by SIGKILL' });
  t.same(await sh('yes'), { kind: 'failed', error: 'it wrote more than 1.0 MiB' });
  t.same(await deliver({ command: ['no-such-program'] }, { home }), {
    kind: 'failed',
    error: 'it cannot be started: spawn no-such-program ENOENT',
  });
});

t.test('at its timeout, or cut short, a command is killed with all that it started', async (t) => {
  const home = t.testdir();
  const script = join(home, 'deaf');
  writeFileSync(script, "trap '' TERM INT HUP\nsleep 1000 &\necho $$ $! > pids\nwait\nsleep 1000\n");
  const pids = () => {
    try {
      return readFileSync(join(home, 'pids'), 'utf8').trim().split(' ').map(Number);
    } catch {
      return []; // it has not begun
    }
  };

  const late = await deliver({ command: ['sh', script], timeout: '2s' }, { home });

  t.same(late, { kind: 'failed', error: 'it took longer than 2s' });
  t.equal(pids().length, 2);
  await until('both to be gone', () => areGone(pids()));

  writeFileSync(join(home, 'pids'), '');
  const cut = new AbortController();
  const under = deliver({ command: ['sh', script] }, { home, signal: cut.signal });
  await until('its beginning', () => pids().length === 2);
  cut.abort();
  t.match(await under, { kind: 'failed' });
  await until('both to be gone', () => areGone(pids()));
});
