import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { maxSocketPathBytes, silentLog, systemClock } from '../../src/base/index.ts';
import { createHttp, type Http } from '../../src/http/index.ts';
import { createFakeServices } from '../support/fake-services.ts';
import { call } from '../support/http-server.ts';

function make(t: { teardown: (end: () => unknown) => void }, authMode: 'bearer' | 'none' = 'bearer'): Http {
  const http = createHttp({
    services: createFakeServices(),
    config: () => ({ authMode, allowedHosts: [] }),
    log: silentLog,
    clock: systemClock,
  });
  t.teardown(() => http.close({ graceMs: 100 }));
  return http;
}

t.test('the folder is made 0700 and the socket 0600, whatever the umask', async (t) => {
  const socket = join(shortFolder(t), 'a', 'drover.sock');
  const umask = process.umask(0);
  t.teardown(() => process.umask(umask));

  await make(t).listenSocket(socket);

  t.equal(lstatSync(join(socket, '..')).mode & 0o777, 0o700);
  t.equal(lstatSync(socket).mode & 0o777, 0o600);
  t.equal(process.umask(), 0, 'the umask is as it was');
  t.equal((await call({ socket }, 'GET', '/healthz')).status, 200);
});

t.test('an unsafe folder is refused', async (t) => {
  const folder = shortFolder(t);
  for (const name of ['real', 'open']) mkdirSync(join(folder, name));
  chmodSync(join(folder, 'open'), 0o770);
  symlinkSync(join(folder, 'real'), join(folder, 'link'));

  for (const name of ['open', 'link']) {
    await t.rejects(make(t).listenSocket(join(folder, name, 's')), { code: 'socket_dir_unsafe' }, name);
  }
});

t.test('a folder that nobody can make is refused', async (t) => {
  const folder = shortFolder(t);
  writeFileSync(join(folder, 'file'), '');

  for (const path of ['/proc/none/s', join(folder, 'file/below/s')]) {
    await t.rejects(make(t).listenSocket(path), { code: 'address_invalid', message: /cannot be made/ }, path);
  }
});

t.test('a path that is too long is refused, the longest one works', async (t) => {
  const folder = shortFolder(t);
  const room = maxSocketPathBytes(process.platform) - Buffer.byteLength(folder) - 1;

  await t.rejects(make(t).listenSocket(join(folder, 's'.repeat(room + 1))), { code: 'socket_path_too_long' });
  await make(t).listenSocket(join(folder, 's'.repeat(room)));
});

t.test('a live socket is in use, a dead one is replaced, another file is left alone', async (t) => {
  const folder = shortFolder(t);
  mkdirSync(join(folder, 'run'), { mode: 0o700 });
  const socket = join(folder, 'run', 's');
  const first = make(t);
  await first.listenSocket(socket);

  await t.rejects(make(t).listenSocket(socket), { code: 'address_in_use' });
  t.equal((await call({ socket }, 'GET', '/healthz')).status, 200, 'the first one still answers');

  const dead = join(folder, 'run', 'dead');
  await leaveSocketBehind(dead);
  await make(t).listenSocket(dead);
  t.equal((await call({ socket: dead }, 'GET', '/healthz')).status, 200);

  writeFileSync(join(folder, 'run', 'file'), 'mine');
  await t.rejects(make(t).listenSocket(join(folder, 'run', 'file')), { code: 'address_in_use' });
});

t.test('a TCP port in use and a host that is not here are clear errors', async (t) => {
  const { port } = await make(t).listenTcp('127.0.0.1', 0);

  await t.rejects(make(t).listenTcp('127.0.0.1', port), { code: 'address_in_use' });
  await t.rejects(make(t).listenTcp('192.0.2.1', 0), { code: 'address_invalid' });
});

t.test('without tokens only an address of this machine alone will do', async (t) => {
  await t.rejects(make(t, 'none').listenTcp('0.0.0.0', 0), { code: 'address_invalid' });
  const { port } = await make(t, 'none').listenTcp('127.0.0.1', 0);
  t.equal((await call({ port }, 'GET', '/v1/status')).status, 200);
});

t.test('closing does not wait for clients that keep their connections', async (t) => {
  const socket = join(shortFolder(t), 's');
  const http = make(t);
  await http.listenSocket(socket);
  const client = connect(socket);
  client.write('GET /v1/events HTTP/1.1\r\nHost: d\r\n\r\n');
  await new Promise((resolve) => client.once('data', resolve));
  const closed = new Promise((resolve) => client.once('close', resolve));

  const before = performance.now();
  await http.close({ graceMs: 60_000 });
  await closed;

  t.ok(performance.now() - before < 30_000, 'long before the time that requests are given');
});

t.test('closing removes our own socket and never that of a successor', async (t) => {
  const socket = join(shortFolder(t), 's');
  chmodSync(join(socket, '..'), 0o700);
  const first = make(t);
  await first.listenSocket(socket);
  unlinkSync(socket);
  const second = make(t);
  await second.listenSocket(socket);

  await first.close({ graceMs: 100 });
  t.equal((await call({ socket }, 'GET', '/healthz')).status, 200, 'the successor still answers');
  await second.close({ graceMs: 100 });
  t.notOk(existsSync(socket));
});

/** A folder whose name leaves room for a socket's. */
function shortFolder(t: { teardown: (end: () => unknown) => void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'drover-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What a daemon leaves that was killed: a socket file that nobody listens on. */
async function leaveSocketBehind(path: string): Promise<void> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.bound`, resolve));
  linkSync(`${path}.bound`, path);
  await new Promise((resolve) => server.close(resolve));
}

t.test('a connection made in the instant of the stop is answered, never reset', async (t) => {
  const socket = join(shortFolder(t), 's');
  const http = make(t);
  await http.listenSocket(socket);

  const answers = Array.from({ length: 40 }, () => call({ socket }, 'GET', '/healthz'));
  const closed = http.close({ graceMs: 1000 });

  t.strictSame(new Set((await Promise.all(answers)).map(({ status }) => status)), new Set([200]));
  await closed;
});

t.test(
  'what a kept connection asks while the listeners close is answered, and told that it is the last',
  async (t) => {
    const socket = join(shortFolder(t), 's');
    const http = make(t);
    await http.listenSocket(socket);
    const client = connect(socket);
    const request = 'GET /healthz HTTP/1.1\r\nHost: d\r\n\r\n';
    client.write(request);
    const [first] = await once(client, 'data');
    t.match(String(first), /200 OK/);

    const closed = http.close({ graceMs: 1000 });
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    client.write(request);
    const [second] = await once(client, 'data');

    t.match(String(second), /200 OK.*connection: close/is);
    await closed;
  },
);
