import { chmodSync, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { createWorld, startWorld } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

type Report = {
  readonly ok: boolean;
  readonly fixed: readonly { readonly check: string; readonly ok: boolean }[];
  readonly findings: readonly { readonly check: string; readonly severity: string; readonly title: string }[];
};

t.test('in a new home nothing is an error, and looking makes nothing', async (t) => {
  const world = await createWorld();
  t.teardown(world.close);

  const said = await world.drover('doctor');

  t.equal(said.code, 0, said.err);
  t.match(said.out, /^Node\.js\n {2}ok /);
  t.notOk(existsSync(join(world.home, '.local')));
});

t.test('beside a daemon: its figures, modes mended, and the daemon undisturbed', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const run = await world.start('echo hello');
  await world.reach(run.id, 'succeeded');
  const folder = join(world.stateRoot, 'runs', run.id);
  chmodSync(folder, 0o755);
  chmodSync(dirname(world.socket), 0o755);

  const before = await world.json<Report>(['doctor']);
  const mended = await world.json<Report>(['doctor', '--fix']);
  const again = await world.json<Report>(['doctor', '--fix']);

  const severityOf = (report: Report, check: string) =>
    report.findings.find((finding) => finding.check === check)?.severity;
  t.same([severityOf(before, 'state.modes'), severityOf(before, 'socket.folder')], ['warning', 'warning']);
  t.same(mended.fixed.map(({ check, ok }) => [check, ok]).sort(), [
    ['socket.folder', true],
    ['state.modes', true],
  ]);
  t.same([severityOf(mended, 'state.modes'), severityOf(mended, 'socket.folder')], ['ok', 'ok']);
  t.same(again.fixed, []);
  t.equal(statSync(folder).mode & 0o777, 0o700);
  for (const check of ['daemon.answers', 'daemon.version', 'lock.holder', 'store.whole', 'socket.file'])
    t.equal(severityOf(again, check), 'ok', check);
  t.match(again.findings.find(({ check }) => check === 'store.whole')?.title, /: 1 run,/);
  t.equal((await world.status()).ready, true);
});

t.test('after kill -9: what is left is told, mended, and the daemon starts', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const { pid } = await world.status();
  process.kill(pid, 'SIGKILL');
  await until('the daemon to be gone', async () => (await world.drover('status')).code === 3);

  const mended = await world.json<Report>(['doctor', '--fix']);

  t.same(mended.fixed.map(({ check }) => check).sort(), ['lock.left', 'socket.file']);
  t.notOk(existsSync(world.socket));
  t.equal((await world.drover('daemon start')).code, 0);
});

t.test('a bad configuration exits 1 and names the line', async (t) => {
  const world = await createWorld();
  t.teardown(world.close);
  world.configure('\nmax_paralel_runs = 2\n');

  const said = await world.drover('doctor');

  t.equal(said.code, 1);
  t.match(said.out, /2:1.*max_paralel_runs/s);
});
