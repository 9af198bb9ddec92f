import { chmodSync, chownSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../src/base/index.ts';
import { deviceOf } from '../../src/doctor/checks/lock.ts';
import { diagnose, mend } from '../../src/doctor/index.ts';
import { expectFinding, findingsOf, makeDoctorWorld, type TestedWorld } from '../support/doctor-world.ts';

const modeOf = (path: string) => statSync(path).mode & 0o777;

function makeState({ stateRoot }: TestedWorld): void {
  mkdirSync(join(stateRoot, 'logs'), { recursive: true, mode: 0o700 });
  mkdirSync(join(stateRoot, 'runs', 'run_01M7Z4MHE4PSTJMR150Q5XW348'), { recursive: true, mode: 0o700 });
  for (const path of ['.', 'logs', 'runs']) chmodSync(join(stateRoot, path), 0o700);
}

t.test('a new home has no error, and a fix makes the state root', async (t) => {
  const tested = makeDoctorWorld(t);

  const before = await diagnose(tested.world);
  const mended = await mend(before);

  t.same(
    before.filter(({ severity }) => severity === 'error'),
    [],
  );
  t.match(mended, [{ check: 'state.root', isDone: true }]);
  t.equal(modeOf(tested.stateRoot), 0o700);
  await expectFinding(t, tested.world, ['state.root', 'ok', /yours alone/]);
});

t.test('wide modes are a warning, mended, and then gone', async (t) => {
  const tested = makeDoctorWorld(t);
  makeState(tested);
  const log = join(tested.stateRoot, 'logs/daemon-2026-11-21.log');
  writeFileSync(log, '', { mode: 0o644 });
  chmodSync(tested.stateRoot, 0o755);
  chmodSync(join(tested.stateRoot, 'runs'), 0o750);

  await expectFinding(t, tested.world, ['state.root', 'warning', /mode 0755/]);
  const modes = await expectFinding(t, tested.world, ['state.modes', 'warning', /0644/]);
  await mend(await diagnose(tested.world));

  t.match(modes.command, /^chmod go= /);
  t.same(
    [modeOf(tested.stateRoot), modeOf(join(tested.stateRoot, 'runs')), modeOf(log)],
    [0o700, 0o700, 0o600],
  );
  await expectFinding(t, tested.world, ['state.modes', 'ok', /closed/]);
});

t.test('a state root that others can write is an error that no fix touches', async (t) => {
  const tested = makeDoctorWorld(t);
  makeState(tested);
  chmodSync(tested.stateRoot, 0o777);

  const finding = await expectFinding(t, tested.world, ['state.root', 'error', /0777/]);
  await mend([finding]);

  t.equal(finding.fix, null);
  t.equal(finding.command, `chmod 700 ${tested.stateRoot}`);
});

t.test('links are told of and never followed by a fix', async (t) => {
  const tested = makeDoctorWorld(t);
  makeState(tested);
  const outside = join(tested.home, 'outside');
  writeFileSync(outside, 'mine', { mode: 0o644 });
  symlinkSync(outside, join(tested.stateRoot, 'drover.db'));
  symlinkSync('/proc', join(tested.stateRoot, 'logs', 'daemon-2026-11-21.log'));

  const findings = await diagnose(tested.world);
  await mend(findings);

  t.ok(findings.some(({ check, severity }) => check === 'state.links' && severity === 'warning'));
  t.equal(modeOf(outside), 0o644);
});

t.test(
  'files of another user are an error',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const tested = makeDoctorWorld(t);
    makeState(tested);
    const foreign = join(tested.stateRoot, 'logs', 'daemon-2026-11-20.log');
    writeFileSync(foreign, '', { mode: 0o666 });
    chownSync(foreign, 4242, 4242);

    const finding = await expectFinding(t, tested.world, ['state.owner', 'error', /somebody else/]);
    await mend(await diagnose(tested.world));

    t.match(finding.command, /^sudo chown -R --no-dereference 0 /);
    t.equal(statSync(foreign).uid, 4242);
    chownSync(tested.stateRoot, 4242, 4242);
    await expectFinding(t, tested.world, ['state.root', 'error', /uid 4242/]);
  },
);

t.test('a folder with very many entries, FIFOs and odd names ends in time', async (t) => {
  const tested = makeDoctorWorld(t);
  makeState(tested);
  for (let index = 0; index < 3000; index += 1)
    mkdirSync(join(tested.stateRoot, 'runs', `odd\n${index}`), { mode: 0o700 });

  const started = systemClock.monotonic();
  await expectFinding(t, tested.world, ['state.modes', 'ok', /closed/]);

  t.ok(systemClock.monotonic() - started < 30_000);
});

t.test('the folder of the socket: open to readers, open to writers, a link, too long a path', async (t) => {
  const tested = makeDoctorWorld(t);
  mkdirSync(tested.socketFolder, { mode: 0o755 });

  const open = await expectFinding(t, tested.world, ['socket.folder', 'warning', /0755/]);
  chmodSync(tested.socketFolder, 0o777);
  const unsafe = await expectFinding(t, tested.world, ['socket.folder', 'error', /0777/]);
  await mend([unsafe]);

  t.equal(open.command, `chmod 700 ${tested.socketFolder}`);
  t.equal(modeOf(tested.socketFolder), 0o700);
  rmSync(tested.socketFolder, { recursive: true });
  symlinkSync(tested.home, tested.socketFolder);
  t.equal((await expectFinding(t, tested.world, ['socket.folder', 'error', /is a link/])).fix, null);
  const flags = { socket: `/${'long/'.repeat(40)}drover.sock` };
  await expectFinding(t, { ...tested.world, flags }, ['socket.path', 'error', /211 bytes|bytes/]);
});

t.test('the folder of a socket that was named is not changed', async (t) => {
  const tested = makeDoctorWorld(t);
  chmodSync(tested.home, 0o755);
  const world = { ...tested.world, flags: { socket: join(tested.home, 'mine.sock') } };

  t.same(await findingsOf(world, 'socket.folder'), []);
});

t.test('what a dead daemon left is a note, mended, and then gone', async (t) => {
  const tested = makeDoctorWorld(t);
  makeState(tested);
  mkdirSync(tested.socketFolder, { mode: 0o700 });
  const socket = join(tested.socketFolder, 'drover.sock');
  const left = createServer();
  await new Promise<void>((resolve) => left.listen(join(tested.socketFolder, 'other.sock'), resolve));
  const { renameSync } = await import('node:fs');
  renameSync(join(tested.socketFolder, 'other.sock'), socket);
  await new Promise((resolve) => left.close(resolve));
  chmodSync(socket, 0o600);
  const endpoint = {
    pid: 2 ** 22 - 1,
    start_time: '1',
    boot_id: 'x',
    instance_id: 'i',
    version: '0.1.0',
    socket,
    address: null,
  };
  writeFileSync(join(tested.stateRoot, 'daemon.json'), JSON.stringify(endpoint), { mode: 0o600 });
  writeFileSync(join(tested.stateRoot, 'daemon.pid'), `${endpoint.pid}\n`, { mode: 0o600 });

  await expectFinding(t, tested.world, ['socket.file', 'note', /dead daemon/]);
  await expectFinding(t, tested.world, ['lock.left', 'note', /dead daemon/]);
  const mended = await mend(await diagnose(tested.world));

  t.same(
    mended.filter(({ isDone }) => !isDone),
    [],
  );
  t.same(await findingsOf(tested.world, 'socket.file'), []);
  t.same(await findingsOf(tested.world, 'lock.left'), []);
});

t.test('somebody who holds the lock without being known is told by pid', async (t) => {
  const tested = makeDoctorWorld(t);
  makeState(tested);
  const lock = join(tested.stateRoot, 'instance.lock');
  writeFileSync(lock, '', { mode: 0o600 });
  tested.tell(
    'locks',
    `1: POSIX  ADVISORY  WRITE 4711 ${deviceOf(statSync(lock).dev)}:${statSync(lock).ino} 1073741824 1073742335\n`,
  );

  const finding = await expectFinding(t, tested.world, ['lock.holder', 'warning', /Process 4711/]);

  t.equal(finding.command, 'ps -fp 4711');
});
