import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { locateDaemon } from '../../src/client/index.ts';
import { isAppError } from '../../src/contract/index.ts';

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return isAppError(error) ? error.code : String(error);
  }
  return 'nothing was thrown';
};

/** An endpoint file of this process, with what a test changes in it. */
function endpointText(change: object): string {
  const own = {
    pid: process.pid,
    start_time: '',
    boot_id: '',
    instance_id: 'i',
    version: '0',
    socket: '/x',
    address: null,
  };
  return JSON.stringify({ ...own, ...change });
}

void t.test('the order is flag, environment, endpoint file, computed path', async (t) => {
  const state = t.testdir({ 'daemon.json': endpointText({ socket: '/from/the/file.sock' }) });
  const env = { HOME: '/home/me', XDG_RUNTIME_DIR: '/run/me', DROVER_STATE_ROOT: state };
  const locate = (flags: object, more: object = {}) =>
    locateDaemon({ flags, env: { ...env, ...more }, cwd: '/' });

  t.match(locate({ socket: '/flag.sock' }, { DROVER_SOCKET: '/env.sock' }), { path: '/flag.sock' });
  t.match(locate({}, { DROVER_SOCKET: '/env.sock' }), { path: '/env.sock' });
  t.match(locate({}), { path: '/from/the/file.sock' });
  t.match(locate({}, { DROVER_STATE_ROOT: '' }), { path: '/run/me/drover/drover.sock' });
});

void t.test('a state root that was named wins over the socket of the environment', async (t) => {
  const state = t.testdir({ 'daemon.json': endpointText({ socket: '/from/the/file.sock' }) });

  const endpoint = locateDaemon({
    flags: { stateRoot: state },
    env: { HOME: '/h', DROVER_SOCKET: '/env.sock' },
    cwd: '/',
  });

  t.match(endpoint, { path: '/from/the/file.sock' });
});

void t.test('an endpoint file that is not whole, or of a process that is gone, counts as none', async (t) => {
  const gone = endpointText({ start_time: '1' });
  for (const content of ['', '{"pid":', '[]', 'null', '{"pid":"1","socket":"/x"}', '{"pid":1}', gone]) {
    const state = t.testdir({ drover: { 'daemon.json': content } });
    const env = { HOME: '/h', XDG_RUNTIME_DIR: '/run/me', XDG_STATE_HOME: state };

    t.match(locateDaemon({ flags: {}, env, cwd: '/' }), { path: '/run/me/drover/drover.sock' }, content);
  }
});

void t.test('a named state root without a daemon is never the daemon of the computed socket', async (t) => {
  const gone = { pid: process.pid, start_time: '1', socket: '/run/me/drover/drover.sock' };
  const left = t.testdir({ 'daemon.json': JSON.stringify(gone) });
  const env = { HOME: '/h', XDG_RUNTIME_DIR: '/run/me' };

  for (const stateRoot of ['/no/such/folder', left]) {
    const byFlag = () => locateDaemon({ flags: { stateRoot }, env, cwd: '/' });
    const byEnv = () => locateDaemon({ flags: {}, env: { ...env, DROVER_STATE_ROOT: stateRoot }, cwd: '/' });
    t.equal(codeOf(byFlag), 'daemon_not_running');
    t.equal(codeOf(byEnv), 'daemon_not_running');
  }
});

void t.test('another daemon is named by address or path, with a token of its own', async (t) => {
  const folder = t.testdir({});
  writeFileSync(join(folder, 'token'), ' from-file \n');
  const locate = (daemon: string, env: object = {}) =>
    locateDaemon({ flags: { daemon }, env: { ...env }, cwd: '/' });

  t.strictSame(locate('box:7777', { DROVER_TOKEN: 'abc' }), {
    kind: 'tcp',
    host: 'box',
    port: 7777,
    token: 'abc',
  });
  t.match(locate('[::1]:80', { DROVER_TOKEN_FILE: join(folder, 'token') }), {
    host: '::1',
    token: 'from-file',
  });
  t.strictSame(locate('/run/other.sock'), { kind: 'socket', path: '/run/other.sock', token: undefined });
  t.equal(
    codeOf(() => locate('box')),
    'address_invalid',
  );
  t.equal(
    codeOf(() => locate('box:0')),
    'address_invalid',
  );
  t.equal(
    codeOf(() => locate('box:70000')),
    'address_invalid',
  );
  t.equal(
    codeOf(() => locate('box:1', { DROVER_TOKEN_FILE: '/no/such/file' })),
    'token_file_invalid',
  );
});

void t.test('the token of a run is sent to a socket and never to the network', async (t) => {
  const env = { HOME: '/h', XDG_RUNTIME_DIR: '/r', DROVER_RUN_TOKEN: 'run' };

  t.match(locateDaemon({ flags: {}, env, cwd: '/' }), { token: 'run' });
  t.match(locateDaemon({ flags: { daemon: '/x.sock' }, env, cwd: '/' }), { token: 'run' });
  t.equal(locateDaemon({ flags: { daemon: 'box:1' }, env, cwd: '/' }).token, undefined);
});

void t.test('a name that no profile can have is a usage error', async (t) => {
  t.equal(
    codeOf(() => locateDaemon({ flags: { profile: '../x' }, env: { HOME: '/h' }, cwd: '/' })),
    'usage',
  );
});
