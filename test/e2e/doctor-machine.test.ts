import { chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createBus, systemClock } from '../../src/base/index.ts';
import { newId } from '../../src/contract/index.ts';
import { mend } from '../../src/doctor/index.ts';
import { insertRepo, openStore } from '../../src/foundation/store/index.ts';
import { expectFinding, findingsOf, makeDoctorWorld, type TestedWorld } from '../support/doctor-world.ts';

const at =
  (bytes: number, files = 2 ** 20) =>
  async () => ({
    ...{ bsize: 1, blocks: 2 ** 40, bavail: bytes },
    ...{ files: 2 ** 24, ffree: files },
  });

async function makeStore({ stateRoot }: TestedWorld, repoPath?: string): Promise<string> {
  mkdirSync(stateRoot, { recursive: true, mode: 0o700 });
  const path = join(stateRoot, 'drover.db');
  const store = openStore({ path, clock: systemClock, bus: createBus() });
  if (repoPath !== undefined)
    await store.write((tx) =>
      insertRepo(tx, {
        id: newId('repo', 0),
        path: repoPath,
        pathKey: repoPath,
        project: 'shop',
        trustedHash: null,
        addedAt: 0,
      }),
    );
  await store.close();
  return path;
}

t.test('disks that are full, nearly full, without inodes, read-only, of a wrong kind', async (t) => {
  const cases = [
    [at(1000), 'disk.state', 'error', /is full: 1000 B left/],
    [at(500 * 2 ** 20), 'disk.state', 'warning', /nearly full/],
    [at(2 ** 36, 10), 'disk.state', 'error', /10 inodes left/],
    [at(2 ** 36, 5000), 'disk.state', 'warning', /few more files/],
    [at(3 * 2 ** 30), 'disk.retention', 'warning', /may take 5GiB, and there is room for 3.0 GiB/],
  ] as const;
  for (const [fileSystem, ...expected] of cases)
    await expectFinding(t, makeDoctorWorld(t, { fileSystem }).world, expected);

  const mounts = [
    ['nfs4 srv:/x rw', 'disk.kind', 'warning', /nfs4/],
    ['9p drvfs rw', 'disk.kind', 'warning', /9p/],
    ['tmpfs none rw', 'disk.kind', 'warning', /in memory/],
    ['overlay overlay rw', 'disk.kind', 'note', /container/],
    ['ext4 /dev/sda ro', 'disk.writable', 'error', /read-only/],
  ] as const;
  for (const [mount, ...expected] of mounts) {
    const tested = makeDoctorWorld(t);
    tested.tell(
      'self/mountinfo',
      `1 0 8:1 / / rw - ext4 /dev/root rw\n2 1 8:2 / ${tested.home} rw - ${mount}\n`,
    );
    await expectFinding(t, tested.world, expected);
  }
});

t.test('retention that keeps everything for ever is told', async (t) => {
  const tested = makeDoctorWorld(t);
  mkdirSync(join(tested.config, '..'), { recursive: true });
  writeFileSync(tested.config, 'retention_days = 0\nretention_bytes = "0"\n');

  await expectFinding(t, tested.world, ['disk.retention', 'note', /for ever/]);
});

t.test('limits that are used up name the command that raises them', async (t) => {
  const tested = makeDoctorWorld(t);
  tested.tell('sys/fs/inotify/max_user_watches', '100\n');
  tested.tell('sys/fs/inotify/max_user_instances', '2\n');
  tested.tell('self/limits', 'Max open files            256                  256                  files\n');

  const found = await findingsOf(tested.world, 'limits.watching');
  const files = await expectFinding(t, tested.world, ['limits.files', 'warning', /256/]);

  t.equal(found.length, 2);
  t.match(found[0]?.command, /fs\.inotify\.max_user_instances = 512/);
  t.equal(files.command, 'ulimit -n 4096');
});

t.test('a configuration with a mistake is an error with its line', async (t) => {
  const tested = makeDoctorWorld(t);
  mkdirSync(join(tested.config, '..'), { recursive: true });
  writeFileSync(tested.config, '# mine\nmax_paralel_runs = 3\n');

  const finding = await expectFinding(t, tested.world, ['config.valid', 'error', /:2:1|line 2/]);

  t.match(finding.command, tested.config);
});

t.test('token files: open to others, missing; never their content', async (t) => {
  const tested = makeDoctorWorld(t);
  const token = join(tested.home, 'token');
  writeFileSync(token, 'canary-of-a-token\n');
  chmodSync(token, 0o644);
  mkdirSync(join(tested.config, '..'), { recursive: true });
  writeFileSync(
    tested.config,
    `[auth]\nadmin_token_file = "${token}"\nreadonly_token_file = "/nowhere/at/all"\n`,
  );

  const open = await expectFinding(t, tested.world, ['tokens.file', 'error', /0644/]);
  await expectFinding(t, tested.world, ['tokens.file', 'error', /does not exist/]);
  await mend([open]);

  t.equal(open.command, `chmod 600 ${token}`);
  await expectFinding(t, tested.world, ['tokens.file', 'ok', /you alone/]);
  t.notMatch(JSON.stringify(await findingsOf(tested.world, 'tokens.file')), /canary/);
});

t.test('a clock that is wrong', async (t) => {
  const tested = makeDoctorWorld(t);
  const clock = { ...systemClock, now: () => 0 };
  await expectFinding(t, { ...tested.world, machine: { ...tested.world.machine, clock } }, [
    'clock.now',
    'error',
    /1970/,
  ]);

  const path = await makeStore(tested);
  utimesSync(path, new Date('2090-01-01'), new Date('2090-01-01'));
  await expectFinding(t, tested.world, ['clock.now', 'warning', /2090/]);
});

t.test('the database: whole, damaged, newer, and folders without a row', async (t) => {
  const tested = makeDoctorWorld(t);
  const path = await makeStore(tested);
  mkdirSync(join(tested.stateRoot, 'runs/run_01M7Z4MHE4PSTJMR150Q5XW348'), { recursive: true, mode: 0o700 });

  await expectFinding(t, tested.world, ['store.whole', 'ok', /0 runs, 0 events/]);
  const orphans = await expectFinding(t, tested.world, [
    'store.orphans',
    'note',
    /run_01M7Z4MHE4PSTJMR150Q5XW348/,
  ]);
  t.equal(orphans.fix, null, 'output is never removed');

  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(path);
  db.exec('PRAGMA user_version = 999');
  db.close();
  await expectFinding(t, tested.world, ['store.whole', 'error', /schema 999/]);

  writeFileSync(path, Buffer.alloc(8192, 7));
  await expectFinding(t, tested.world, ['store.whole', 'error', /damaged/]);
});

t.test('repositories: gone, and refused by git', async (t) => {
  const tested = makeDoctorWorld(t);
  await makeStore(tested, join(tested.home, 'shop'));

  const gone = await expectFinding(t, tested.world, ['git.repo', 'warning', /shop is gone/]);
  t.equal(gone.command, 'drover daemon remove shop');
  await expectFinding(t, tested.world, ['git.identity', 'warning', /user.name and user.email/]);

  mkdirSync(join(tested.home, 'shop/.git'), { recursive: true });
  await expectFinding(t, tested.world, ['git.repo', 'warning', /cannot use the repository shop/]);
});

t.test('no git, and one that is too old', async (t) => {
  const tested = makeDoctorWorld(t);
  tested.program('bin', 'git', 'echo git version 2.30.1');
  await expectFinding(t, tested.world, ['git.version', 'error', /2.30.1 is too old/]);

  const env = { ...tested.world.machine.env, PATH: join(tested.home, 'empty') };
  const world = { ...tested.world, machine: { ...tested.world.machine, env } };
  await expectFinding(t, world, ['git.version', 'error', /There is no git/]);
});
