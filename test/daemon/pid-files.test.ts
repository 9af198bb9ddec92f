import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { type Endpoint, parseEndpoint } from '../../src/contract/index.ts';
import {
  endpointFilePath,
  pidFilePath,
  readEndpoint,
  removePidFiles,
  writePidFiles,
} from '../../src/daemon/pid-files.ts';

const endpoint: Endpoint = {
  pid: 4242,
  start_time: '123456',
  boot_id: 'b00t',
  instance_id: 'one',
  version: '0.1.0',
  socket: '/run/user/1000/drover/drover.sock',
  address: null,
};

t.test('the pid file holds the pid alone, the endpoint file the rest, both private', async (t) => {
  const root = t.testdir();

  await writePidFiles(root, endpoint);

  t.equal(readFileSync(pidFilePath(root), 'utf8'), '4242\n');
  t.same(readEndpoint(root), endpoint);
  t.equal(statSync(endpointFilePath(root)).mode & 0o777, 0o600);
  t.same(readdirSync(root).sort(), ['daemon.json', 'daemon.pid'], 'no temporary file stays');
});

t.test('a clean stop removes them, but never those of a later instance', async (t) => {
  const root = t.testdir();
  await writePidFiles(root, { ...endpoint, instance_id: 'two', address: '127.0.0.1:1' });

  await removePidFiles(root, 'one');
  t.equal(readEndpoint(root)?.address, '127.0.0.1:1');

  await removePidFiles(root, 'two');
  t.same(readdirSync(root), []);
  await removePidFiles(root, 'two'); // again: nothing to do
});

t.test('anything else in the endpoint file is as good as no file', async (t) => {
  const root = t.testdir();
  t.equal(readEndpoint(root), null);
  const bad = ['', '{', '[]', 'null', '{}', JSON.stringify(endpoint).slice(0, -4)];
  const wrong = [{ pid: 0 }, { pid: -1 }, { pid: '4242' }, { socket: 1 }, { address: 7 }, { boot_id: null }];
  for (const text of [...bad, ...wrong.map((part) => JSON.stringify({ ...endpoint, ...part }))]) {
    writeFileSync(endpointFilePath(root), text);
    t.equal(readEndpoint(root), null, text);
  }
  t.same(
    parseEndpoint(JSON.stringify({ ...endpoint, later: 1 })),
    endpoint,
    'keys of a later version are ignored',
  );
});
