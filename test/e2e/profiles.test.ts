import { existsSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { Run, Status } from '../../src/contract/index.ts';
import { startWorld, type World } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

t.setTimeout(280_000);

const configOf = (world: World, profile: string) =>
  join(world.home, '.config/drover/profiles', profile, 'daemon.toml');

function configure(world: World, profile: string, toml: string): void {
  const path = configOf(world, profile);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, toml);
}

/** Runs a shell line as a run of the profile's daemon and gives what it printed. */
async function insideRun(world: World, script: string, ...where: string[]): Promise<string> {
  const { id } = await world.json<Run>([
    ...['run', '--bg', ...where, '--agent', 'command', '--', 'sh', '-c', script],
  ]);
  await until('the run to end', async () => {
    const run = await world.json<Run>(['runs', 'show', id, ...where]);
    return run.ended_at !== null;
  });
  const said = await world.run(['runs', 'logs', id, '--type', 'stdout', ...where]);
  return said.out;
}

t.test('two profiles side by side share nothing', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  configure(world, 'work', 'max_parallel_runs = 1\n');
  const repo = await world.repository(join(world.root, 'repo'));
  t.equal((await world.drover('daemon start --profile work')).code, 0);
  const work = await world.json<Status>(['status', '--profile', 'work']);
  const mine = await world.status();

  t.match(work, {
    profile: 'work',
    state_root: join(world.stateRoot, 'profiles/work'),
    socket: join(world.root, 'run/drover/profiles/work/drover.sock'),
    config: configOf(world, 'work'),
  });
  t.match(mine, { profile: 'default', state_root: world.stateRoot, config: null });
  for (const path of [work.state_root, dirname(work.socket)])
    t.equal(lstatSync(path).mode & 0o777, 0o700, path);

  await world.json(['daemon', 'add', repo, '--profile=work']);
  const { id } = await world.json<Run>([
    ...['run', '--bg', '--profile=work', '--agent', 'command', '--', 'sh', '-c', 'echo hello'],
  ]);
  await world.run(['runs', 'wait', id, '--profile=work']);
  const repos = (where: string[]) => world.json<{ items: unknown[] }>(['daemon', 'repos', ...where]);
  const runs = (where: string[]) => world.json<{ items: Run[] }>(['runs', 'list', ...where]);

  t.equal((await repos(['--profile=work'])).items.length, 1);
  t.equal((await repos([])).items.length, 0);
  t.same(
    (await runs(['--profile', 'work'])).items.map((run) => run.id),
    [id],
  );
  t.same((await runs([])).items, []);
  t.equal((await world.drover(`runs show ${id}`)).code, 5, 'the other one does not know it');
  t.match((await world.drover('logs --profile work')).out, work.socket);
  t.notMatch((await world.drover('logs')).out, work.socket);
  t.match((await world.run(['logs', '--socket', work.socket])).out, work.socket, 'its log by its socket');

  type Row = {
    readonly name: string;
    readonly status: string;
    readonly pid: number;
    readonly config: string | null;
  };
  const { items } = await world.json<{ items: Row[] }>(['list-profiles']);
  t.match(items, [
    { name: 'default', status: 'running', pid: mine.pid, config: null },
    { name: 'work', status: 'running', pid: work.pid, config: configOf(world, 'work') },
  ]);
  t.equal(items.length, 2);

  const stopped = await world.drover('stop --profile work');
  t.equal(stopped.out, `daemon stopped: pid ${work.pid}\n`);
  t.equal((await world.status()).pid, mine.pid, 'the other one goes on');
  t.equal((await world.drover('status --profile work')).code, 3);
});

t.test('every way to name a profile means the same daemon', async (t) => {
  const world = await startWorld('', '--profile', 'work');
  t.teardown(world.close);
  const env = { DROVER_PROFILE: 'work' };
  const { pid } = await world.json<Status>(['status', '--profile', 'work']);

  for (const line of ['status --json', 'daemon status --json', 'd status --json']) {
    const fast = await world.drover(line, { env });
    t.equal(JSON.parse(fast.out).pid, pid, `$DROVER_PROFILE and ${line}`);
  }
  t.equal((await world.json<Status>(['--profile', 'work', 'status'])).pid, pid, 'in front of the command');
  t.equal((await world.json<Status>(['--profile=work', 'status'])).pid, pid);
  t.equal((await world.drover('status --profile default', { env })).code, 3, 'default is the unnamed one');
  t.equal((await world.drover('status --profile=', { env })).code, 0, 'an empty one counts as none');
  const again = await world.drover('daemon start', { env });
  t.match(again.out, `daemon is running already: pid ${pid}`);
  for (const line of ['serve', 'daemon start --foreground', 'daemon start --foreground --port 1']) {
    const second = await world.drover(line, { env });
    t.equal(second.code, 6, line);
    t.match(second.err, join(world.stateRoot, 'profiles/work'), line);
  }
  for (const name of ['Work', '../x']) {
    for (const line of ['status', 'serve', 'daemon start', 'logs', 'run hello', 'list-profiles']) {
      const said = await world.run([...line.split(' '), `--profile=${name}`]);
      const byEnv = await world.drover(line, { env: { DROVER_PROFILE: name } });
      t.same([said.code, byEnv.code], [2, 2], `${line} ${name}`);
      t.match(said.err, `'${name}' cannot be the name of a profile`);
    }
  }
});

t.test('drover within a run reaches the daemon of the run, whatever that was started with', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const mine = join(world.root, 'mine');
  const socket = join(world.root, 'its/own.sock');
  const drover = `"${process.execPath}" "${world.program}"`;
  const script = `${drover} status --json; ${drover} status --json --profile "$DROVER_PROFILE"
${drover} logs --tail 0 | grep -c ready; ${drover} daemon start`;

  for (const [start, where] of [
    [[], []],
    [['--profile=work'], ['--profile=work']],
    [[`--state-root=${mine}/a`], [`--state-root=${mine}/a`]],
    [['--profile=play', `--state-root=${mine}/b`], [`--state-root=${mine}/b`]],
    [['--profile=far', `--socket=${socket}`], [`--socket=${socket}`]],
  ] as const) {
    await world.run(['daemon', 'start', ...start]);
    const own = await world.json<Status>(['status', ...where]);

    const [byEnv = '', byFlag = '', ready, started] = (await insideRun(world, script, ...where)).split('\n');

    t.match(JSON.parse(byEnv), { pid: own.pid, profile: own.profile, state_root: own.state_root });
    t.equal(JSON.parse(byFlag).pid, own.pid, 'also when its profile is named');
    t.equal(ready, '1', 'its log');
    t.match(started, `daemon is running already: pid ${own.pid}`);
  }
});

t.test('within a run of one profile another one is still another one', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const drover = `"${process.execPath}" "${world.program}"`;
  await world.drover('daemon start --profile work');

  const said = await insideRun(
    world,
    `${drover} daemon start --profile play; ${drover} status --profile default; echo $?`,
    '--profile=work',
  );

  t.match(said, join(world.root, 'run/drover/profiles/play/drover.sock'));
  t.equal((await world.run(['status', '--profile=play'])).code, 3, 'it was of the run, and ended with it');
  t.match(said, /\n4\n$/, 'to which the token of this run says nothing');
  t.equal((await world.status()).profile, 'default');
});

t.test('a restart starts the daemon that it stopped, however that was named', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const config = join(world.root, 'my.toml');
  writeFileSync(config, 'max_parallel_runs = 1\n');
  const mine = join(world.root, 'mine');
  await world.drover(`daemon start --profile work --state-root ${mine} --config ${config}`);
  const before = await world.json<Status>(['status', `--state-root=${mine}`]);

  for (const where of [`--socket ${before.socket}`, `--state-root ${mine} --profile work`]) {
    const restarted = await world.drover(`daemon restart ${where}`);
    const after = await world.json<Status>(['status', `--state-root=${mine}`]);
    t.equal(restarted.code, 0, restarted.err);
    t.match(after, { profile: 'work', state_root: mine, config, socket: before.socket }, where);
    t.not(after.pid, before.pid);
  }
  const other = await world.drover(`daemon restart --profile play --socket ${before.socket}`);
  t.equal(other.code, 6, 'not one that another profile was meant by');
  t.match(other.err, "belongs to the daemon of profile 'work'");
  t.equal((await world.drover(`daemon restart --daemon ${before.socket}`)).code, 2);
  t.equal((await world.drover(`status --state-root ${mine}`)).code, 0, 'and nothing was stopped');
});

t.test('a second profile on the socket of the first is refused, and hears whose it is', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const { pid } = await world.status();
  configure(world, 'work', `socket_path = ${JSON.stringify(world.socket)}\n`);
  const inode = lstatSync(world.socket).ino;

  for (const [line, env] of [
    ['daemon start --profile work', {}],
    ['serve --profile work', {}],
    [`daemon start --profile play --socket ${world.socket}`, {}],
    [`serve --profile play --socket ${world.socket}`, {}],
    ['daemon start', { DROVER_PROFILE: 'play', DROVER_SOCKET: world.socket }],
    [`daemon start --state-root ${world.root}/other --socket ${world.socket}`, {}],
  ] as const) {
    const said = await world.drover(line, { env });

    t.equal(said.code, 6, line);
    t.match(
      said.err,
      `belongs to the daemon of profile 'default' (pid ${pid}, state root ${world.stateRoot})`,
    );
    t.match(said.err, '--socket or socket_path of its own', line);
  }
  t.equal((await world.status()).pid, pid);
  t.equal(lstatSync(world.socket).ino, inode, 'its socket is as it was');
  t.notOk(existsSync(join(world.stateRoot, 'profiles/work/daemon.json')));
});
