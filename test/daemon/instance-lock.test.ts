import { statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { instanceLockPath, takeInstanceLock } from '../../src/daemon/instance-lock.ts';
import { writePidFiles } from '../../src/daemon/pid-files.ts';

const endpoint = {
  pid: process.pid,
  start_time: '1',
  boot_id: 'b',
  instance_id: 'i',
  version: '0.1.0',
  socket: '/run/drover.sock',
  address: null,
};

t.test('the second starter is refused and told who holds the lock', async (t) => {
  const stateRoot = t.testdir();
  const lock = takeInstanceLock({ stateRoot });
  t.teardown(lock.close);
  const refused = { code: 'already_running', exitCode: 6 };

  t.throws(() => takeInstanceLock({ stateRoot }), { ...refused, message: /just starting or stopping/ });
  await writePidFiles(stateRoot, endpoint);
  t.throws(() => takeInstanceLock({ stateRoot }), {
    ...refused,
    message: `Another drover daemon holds the state root ${stateRoot} (pid ${process.pid}, socket /run/drover.sock)`,
    fields: { pid: process.pid, instance_id: 'i' },
  });
  t.throws(() => takeInstanceLock({ stateRoot, isAlive: () => false }), {
    ...refused,
    message: /just starting or stopping/,
  });
});

t.test('once closed it is free, and what files say about an older daemon never blocks', async (t) => {
  const stateRoot = t.testdir();
  await writePidFiles(stateRoot, endpoint);

  takeInstanceLock({ stateRoot }).close();
  takeInstanceLock({ stateRoot }).close();

  t.equal(statSync(instanceLockPath(stateRoot)).mode & 0o777, 0o600);
  t.equal(statSync(instanceLockPath(stateRoot)).size, 0);
});

t.test('a lock file with foreign content is named, not overwritten', async (t) => {
  const stateRoot = t.testdir();
  writeFileSync(instanceLockPath(stateRoot), 'x'.repeat(5000));

  t.throws(() => takeInstanceLock({ stateRoot }), { code: 'storage_failed', hint: /rm .*instance\.lock/ });
  t.equal(statSync(instanceLockPath(stateRoot)).size, 5000);
});

t.test('a folder that cannot hold a lock says so', async (t) => {
  t.throws(() => takeInstanceLock({ stateRoot: '/proc' }), {
    code: 'storage_failed',
    message: /cannot be locked/,
  });
});
