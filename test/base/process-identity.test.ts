import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  bootId,
  isAlive,
  listProcesses,
  newestPid,
  readEnvironmentMarks,
  readIdentity,
  readLockLimit,
  readProcess,
} from '../../src/base/index.ts';
import { machineUnits } from '../../src/base/machine-units.ts';
import { parseProcStat, parsePsLine, psColumns } from '../../src/base/process-identity.ts';
import { until } from '../support/until.ts';

const noLimits = process.platform !== 'linux' && 'reads /proc';

t.test('a living process is alive until it ends', async (t) => {
  const child = spawn('sleep', ['600']);
  t.teardown(() => child.kill('SIGKILL'));
  const identity = await readIdentity(child.pid ?? 0);
  if (identity === null) throw new Error('It should have an identity');
  t.equal(identity.bootId, await bootId());
  t.ok(await isAlive(identity));

  child.kill('SIGKILL');
  await once(child, 'exit');

  t.notOk(await isAlive(identity));
  t.equal(await readIdentity(identity.pid), null);
});

t.test('another start time or another boot is another process', async (t) => {
  const self = await readIdentity(process.pid);
  if (self === null) throw new Error('We should have an identity');

  t.ok(await isAlive(self));
  t.notOk(await isAlive({ ...self, startTime: '1' }));
  t.notOk(await isAlive({ ...self, bootId: 'the boot before' }));
});

t.test('a zombie is dead', { skip: process.platform !== 'linux' && 'reads /proc' }, async (t) => {
  // The shell starts a child and becomes a program that never waits for it; only then the child may end.
  const child = spawn('sh', ['-c', 'exec 3<&0; sh -c "read -r line <&3" & echo $!; exec sleep 600']);
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  await until('the other program', () => readFileSync(`/proc/${child.pid}/comm`, 'utf8') === 'sleep\n');
  child.stdin.end('go\n');

  const row = await until('the zombie', async () =>
    (await listProcesses()).find((row) => row.pid === pid && row.isZombie),
  );

  t.ok(row.isZombie);
  t.equal(await readIdentity(pid), null);
  t.notOk(await isAlive({ pid, startTime: row.startTime, bootId: await bootId() }));
});

t.test('a pid that nobody can have is nobody', async (t) => {
  for (const pid of [0, -1, 2 ** 22 + 1, Number.NaN]) t.equal(await readIdentity(pid), null);
});

t.test('the mark is read from the environment a process was started with', async (t) => {
  const child = spawn('sleep', ['600'], { env: { PATH: process.env.PATH, A_MARK: 'x=y', MY_A_MARK: 'no' } });
  t.teardown(() => child.kill('SIGKILL'));
  const pid = child.pid ?? 0;

  const marks = await until('the exec', async () => {
    const found = await readEnvironmentMarks([pid, process.pid], 'A_MARK');
    return found.get(pid) === 'x=y' && found;
  });

  t.strictSame([...marks], [[pid, 'x=y']]);
});

t.test('an environment of any size is read whole', async (t) => {
  const env = { PATH: process.env.PATH, FIRST: 'x'.repeat(50_000), SOME_MARK: 'run_2' };
  const child = spawn('sleep', ['600'], { env });
  t.teardown(() => child.kill('SIGKILL'));
  const pid = child.pid ?? 0;

  const mark = () => readEnvironmentMarks([pid], 'SOME_MARK').then((marks) => marks.get(pid));

  t.equal(await until('the program', mark), 'run_2');
});

t.test('a limit outlives an empty environment and a new session', { skip: noLimits }, async (t) => {
  const script = '{ ulimit -w 4711 || ulimit -x 4711; } 2>/dev/null; exec env -i setsid sleep 600';
  const child = spawn('sh', ['-c', script]);
  t.teardown(() => child.kill('SIGKILL'));

  await until('the program', () => readFileSync(`/proc/${child.pid}/comm`, 'utf8') === 'sleep\n');

  t.equal(readLockLimit(child.pid ?? 0), 4711n);
  t.not(readLockLimit(process.pid), 4711n);
  t.ok((newestPid() ?? 0) >= (child.pid ?? 0));
});

t.test('looks at all processes left 64 KiB behind for each', { skip: noLimits }, async (t) => {
  await listProcesses();
  const before = process.memoryUsage().external;
  for (let look = 0; look < 20; look += 1) await listProcesses();
  const pids = (await listProcesses()).map(({ pid }) => pid);
  await readEnvironmentMarks(pids, 'SOME_MARK');

  t.ok(process.memoryUsage().external - before < 2 ** 20);
});

t.test('a program cannot fake its record by its name', (t) => {
  const rest = Array.from({ length: 30 }, (_, index) => index + 23).join(' ');
  const line = `77 (a) R 1 2 (x) ) S 5 6 7 0 -1 0 0 0 0 0 30 12 400 5 20 0 1 0 4242 ${rest}`;
  const { tickMs, pageBytes } = machineUnits();

  t.strictSame(parseProcStat(line), {
    pid: 77,
    parentPid: 5,
    groupId: 6,
    sessionId: 7,
    isZombie: false,
    startTime: '4242',
    cpuMs: 42 * tickMs,
    reapedCpuMs: 405 * tickMs,
    residentBytes: 24 * pageBytes,
  });
  t.equal(parseProcStat(''), null);
  t.end();
});

t.test('a line of ps is read as macOS prints it', (t) => {
  t.match(parsePsLine('  501     1   501 Ss     1:02.34   2048 Sat Nov 21 09:00:01 2026    '), {
    pid: 501,
    parentPid: 1,
    groupId: 501,
    isZombie: false,
    startTime: 'Sat Nov 21 09:00:01 2026',
    cpuMs: 62_340,
    residentBytes: 2048 * 1024,
  });
  t.match(parsePsLine('501 1 501 Z+ 0:00.00 0 Sat Nov 21 09:00:01 2026'), { isZombie: true });
  const long = '1 0 1 Ss 3-01:00:02 1 Sat Nov 21 09:00:01 2026';
  t.match(parsePsLine(long), { cpuMs: (3 * 86_400 + 3602) * 1000 }, 'with days, as others print it');
  t.equal(parsePsLine(''), null);
  t.end();
});

const noPs = spawnSync('ps', ['-p', String(process.pid)]).status !== 0 && 'needs ps (apt-get install procps)';

t.test('a column of ps took the names of all others for its heading', { skip: noPs }, async (t) => {
  t.ok(
    psColumns.filter((word) => word !== '-o').every((word) => /^[a-z]+=$/.test(word)),
    'one column an option',
  );
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  const { stdout } = spawnSync('ps', [...psColumns, '-p', String(process.pid)], { encoding: 'utf8', env });

  const row = parsePsLine(stdout.trimEnd());

  t.match(row, { pid: process.pid, parentPid: process.ppid, isZombie: false });
  t.ok((row?.residentBytes ?? 0) > 2 ** 20, `${row?.residentBytes} bytes`);
  t.match(row?.startTime, /^[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4}$/);
});

t.test('CPU time and memory of a process are what it says itself', async (t) => {
  const before = await readProcess(process.pid);
  for (const end = performance.now() + 150; performance.now() < end; );
  const row = await readProcess(process.pid);

  const { user, system } = process.cpuUsage();
  t.ok(row !== null && before !== null);
  if (row === null || before === null) return;
  t.ok(row.cpuMs > before.cpuMs);
  t.ok(Math.abs(row.cpuMs - (user + system) / 1000) <= 60, `${row.cpuMs} of ${(user + system) / 1000} ms`);
  const ratio = row.residentBytes / process.memoryUsage.rss();
  t.ok(ratio > 0.8 && ratio < 1.25, `${row.residentBytes} bytes`);
});
