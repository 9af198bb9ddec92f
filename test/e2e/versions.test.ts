import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { runCommand } from '../../src/base/index.ts';
import type { Run, Status } from '../../src/contract/index.ts';
import { createWorld } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';
import { buildVersion } from '../support/versions.ts';

t.setTimeout(200_000);
const linux = process.platform === 'linux' ? false : 'ends what is left by /proc';

t.test('commands and a daemon one minor version apart', { skip: linux }, async (t) => {
  const [older, newer] = await Promise.all(['0.1.0', '0.2.0'].map((version) => buildVersion(version)));
  for (const { daemon, command, isNewer } of [
    { daemon: older, command: newer, isNewer: true },
    { daemon: newer, command: older, isNewer: false },
  ]) {
    const world = await createWorld(async () => daemon ?? '');
    t.teardown(world.close);
    const say = async (line: string) => {
      const argv = [command ?? '', ...line.split(' ')];
      const { code, stdout, stderr } = await runCommand(process.execPath, argv, {
        cwd: world.home,
        env: world.env,
        timeoutMs: 60_000,
      });
      return { code, out: stdout.toString(), err: stderr.toString() };
    };
    const [own, other] = isNewer ? ['0.2.0', '0.1.0'] : ['0.1.0', '0.2.0'];
    t.same(await say('--version'), { code: 0, out: `${own}\n`, err: '' }, 'no daemon, nothing to say');
    t.equal((await world.drover('daemon start')).code, 0);
    const { pid } = await world.status();

    for (const line of [
      '--version',
      '-v',
      'version',
      'status',
      'status --json',
      'daemon start',
      'd status',
    ]) {
      const said = await say(line);
      t.equal(said.code, 0, line);
      t.match(said.err, `note: the daemon runs version ${other}, and this is drover ${own}\n`, line);
      t.match(said.err, isNewer ? 'bring it up to date' : 'call the newer drover', line);
      t.match(said.err, 'drover daemon restart (runs go on)');
      t.notMatch(said.out, 'note:', line);
    }
    t.equal((await say('-v')).out, `${own}\n`);
    for (const line of ['runs list', 'daemon repos', 'approvals', 'daemon reload', 'list-profiles', 'logs'])
      t.same([(await say(line)).code, (await say(line)).err], [0, ''], `${line} works and is quiet`);
    const run = await world.start('sleep 2; echo done');
    const shown = await say(`runs show ${run.id} --json`);
    t.equal((JSON.parse(shown.out) as Run).id, run.id);

    const restarted = await say('daemon restart');
    const after = await world.status();
    t.equal(restarted.code, 0, restarted.err);
    t.equal(restarted.err, '', 'now both are of one version');
    t.equal(after.version, own);
    t.not(after.pid, pid);
    t.match(await world.reach(run.id, 'succeeded'), { exit_code: 0 }, 'the run went on');

    process.kill(after.pid, 'SIGKILL');
    await until('the socket to be nobody’s', async () => (await world.drover('status')).code === 3);
    t.ok(existsSync(join(world.stateRoot, 'daemon.json')), 'it left its endpoint file');
    t.same((await world.drover('--version')).err, '', 'a daemon that is gone has no version');
    const again: Status = await world.json(['daemon', 'start']);
    t.equal(again.version, other);
  }
});

t.test('a daemon whose program is replaced goes on until it is restarted', { skip: linux }, async (t) => {
  const [older = '', newer = ''] = await Promise.all(
    ['0.1.0', '0.2.0'].map((version) => buildVersion(version)),
  );
  const dist = mkdtempSync(join(tmpdir(), 'drover-dist-'));
  t.teardown(() => rmSync(dist, { recursive: true, force: true }));
  cpSync(dirname(older), dist, { recursive: true });
  const world = await createWorld(async () => join(dist, 'main.js'));
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'repo'));
  t.equal((await world.drover('daemon start')).code, 0);
  const live = await world.start('for i in 1 2 3 4 5 6; do echo $i; sleep 0.5; done');

  rmSync(dist, { recursive: true });
  const between = await world.http('POST', '/v1/runs', { body: { agent: 'command', command: ['true'] } });
  await world.reach((between.json as unknown as Run).run_id, 'succeeded');
  cpSync(dirname(newer), dist, { recursive: true });
  await world.json(['daemon', 'add', repo]);
  const run = await world.start('echo made', '--repo', repo);
  const ended = await world.reach(run.id, 'succeeded', 'failed');
  const metrics = await world.http('GET', '/metrics');
  const restarted = await world.drover('daemon restart');

  t.match(ended, { status: 'succeeded', worktree: /worktrees/ }, 'a first run in a repository works');
  t.match([metrics.status, metrics.json], [503, { code: 'busy', hint: /drover daemon restart/ }]);
  t.equal(restarted.code, 0, restarted.err);
  t.equal((await world.status()).version, '0.2.0');
  t.match(await world.reach(live.id, 'succeeded'), { exit_code: 0 });
  t.equal((await world.run(['runs', 'logs', live.id, '--type', 'stdout'])).out, '1\n2\n3\n4\n5\n6\n');
});

t.test('a daemon that a service manager waits for ends when the database is a newer one’s', async (t) => {
  const world = await createWorld();
  t.teardown(world.close);
  mkdirSync(world.stateRoot, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(world.stateRoot, 'drover.db'));
  database.exec('CREATE TABLE later (id); PRAGMA user_version = 9999');
  database.close();

  const env = { NOTIFY_SOCKET: join(world.root, 'nobody') };
  const said = await world.drover('daemon start --foreground', { env });

  t.equal(said.code, 6, 'which the unit does not repeat');
  t.match(said.err, /was written by a newer drover/);
});
