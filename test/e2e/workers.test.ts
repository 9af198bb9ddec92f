import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readIdentity, runCommand } from '../../src/base/index.ts';
import type { Page, Run, Worker } from '../../src/contract/index.ts';
import { processesOf, startWorld, type World } from '../support/real-daemon.ts';
import { until } from '../support/until.ts';

t.setTimeout(300_000);

const skip = process.platform !== 'linux' && 'reads /proc';
const workersOf = async (world: World) =>
  (await world.http('GET', '/v1/workers')).json as unknown as Page<Worker>;
/** Those of them that are processes still, and not only the remains of one. */
const aliveOf = async (pids: readonly number[]) =>
  (await Promise.all(pids.map(readIdentity))).flatMap((identity) =>
    identity === null ? [] : [identity.pid],
  );

/** Starts a run whose tree has a child, and a grandchild in a session of its own. */
async function startTree(world: World, name: string): Promise<{ run: Run; pids: number[] }> {
  const script =
    'echo $$ >pids; setsid sh -c \'echo $$ >>pids; sh -c "echo \\$\\$ >>pids; sleep 300"\' & wait';
  const run = await world.start(script, '--name', name);
  const { worktree } = await world.reach(run.id, 'running');
  const pids = await until('the tree', () => {
    const path = join(worktree ?? '', 'pids');
    const found = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').map(Number) : [];
    return found.length === 3 && found;
  });
  return { run, pids };
}

t.test('ps shows what is at work, kill ends the whole tree and says what it ended', { skip }, async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  t.strictSame(await world.drover('ps'), { code: 0, out: 'no workers: nothing is at work\n', err: '' });
  const { run, pids } = await startTree(world, 'nightly');

  const table = await world.drover('ps');
  const [head = '', line = ''] = table.out.split('\n');
  t.match(head.split(/ {2,}/), [
    'NAME',
    'RUN',
    'AGENT',
    'STATUS',
    'PID',
    'CPU',
    'MEM',
    'PROCS',
    'AGE',
    'REPO',
  ]);
  t.match(
    line,
    new RegExp(`^nightly +${run.id} +command +running +${pids[0]} +\\d+\\.\\d% +[\\d.]+ [KM]iB +\\d+ +`),
  );
  const json = await world.json<Page<Worker>>(['ps']);
  t.match(json.items, [{ run_id: run.id, pid: pids[0], kind: 'run', cpu_pct: Number, memory_bytes: Number }]);
  const metrics = (await world.http('GET', '/v1/metrics')).json as { workers: object[] };
  t.match(metrics.workers, [{ run_id: run.id, pid: pids[0], rss_bytes: Number, cpu_seconds: Number }]);

  const killed = await world.drover(`kill ${pids[0]}`);

  t.equal(killed.code, 0, killed.err);
  t.match(
    killed.out,
    new RegExp(`^${run.id} canceled \\(nightly, command, pid ${pids[0]}\\): \\d+ processes ended\\n$`),
  );
  t.strictSame(await aliveOf(pids), []);
  t.match(await world.show(run.id), { status: 'canceled' });
  t.match(await world.drover('kill nightly'), { code: 6, err: /has ended already: canceled/ });
  t.match(await world.drover('kill nobody'), { code: 5, err: /No worker 'nobody'\n.*drover ps/ });
});

t.test('a run in the queue is killed by its name', { skip }, async (t) => {
  const world = await startWorld('max_parallel_runs = 1\n');
  t.teardown(world.close);
  await world.reach((await world.start('sleep 300')).id, 'running');
  const { id } = await world.start('sleep 300', '--name', 'later');

  t.strictSame(await world.drover('kill later'), {
    code: 0,
    out: `${id} canceled: it had no process yet\n`,
    err: '',
  });
  t.match(await world.show(id), { status: 'canceled' });
});

t.test(
  'logs of a worker by name and pid, followed, of every type, and after its end',
  { skip },
  async (t) => {
    const world = await startWorld();
    t.teardown(world.close);
    const run = await world.start(
      'echo one; echo two >&2; until [ -e go ]; do sleep 0.1; done; echo three',
      '--name',
      'talker',
    );
    const { worktree } = await world.reach(run.id, 'running');
    await until('the first words', async () => (await world.drover('logs talker')).out.includes('two'));
    const pid = (await workersOf(world)).items[0]?.pid;

    const following = world.drover('logs talker -f');
    t.match((await world.drover(`logs ${pid} --type stderr`)).out, /^two\n$/);
    t.match((await world.drover('logs talker --type stdout --tail 1')).out, /^one\n$/);
    await runCommand('touch', [join(worktree ?? '', 'go')], {
      env: { PATH: world.env.PATH ?? '' },
      timeoutMs: 10_000,
    });
    const followed = await following;
    await world.reach(run.id, 'succeeded');

    t.strictSame([...followed.out.trim().split('\n')].sort(), ['one', 'three', 'two']);
    t.match((await world.drover('logs talker --tail 1')).out, /^three\n$/, 'after its end');
    const telemetry = (await world.drover('logs talker --type telemetry')).out.trim().split('\n');
    t.strictSame(
      telemetry.map((line) => JSON.parse(line)),
      await world.events(run.id),
    );
    const last = (await world.drover('logs talker --type telemetry --tail 2')).out;
    t.equal(last, `${telemetry.slice(-2).join('\n')}\n`);
    t.equal((await world.drover('logs talker --type telemetry --tail 0')).out, '');
    const debug = (await world.drover('logs talker --type debug')).out.trim().split('\n');
    t.match(
      debug.map((line) => JSON.parse(line)),
      [
        { run: run.id, msg: 'a run has started', level: 'info', pid },
        { run: run.id, msg: 'a run has ended', status: 'succeeded', exit_code: 0 },
      ],
    );
    t.match(JSON.parse((await world.drover('runs logs talker --type debug --tail 1')).out), {
      msg: 'a run has ended',
    });

    t.match(await world.drover('logs talker -f --type debug'), { code: 2, err: /cannot be followed/ });
    t.match(await world.drover('logs talker --type nonsense'), {
      code: 2,
      err: /--type cannot be 'nonsense'/,
    });
    t.match(await world.drover('logs --type stderr'), { code: 2, err: /has no types/ });
    t.match(await world.drover('daemon logs talker'), { code: 2, err: /takes no name/ });
    t.match(await world.drover('logs nobody'), { code: 5, err: /No worker 'nobody'/ });
    t.match((await world.http('GET', '/v1/runs/talker/logs?type=debug&offset=1')).json, {
      code: 'invalid_request',
    });
  },
);

t.test('the daemon’s log says nothing of a run: an error, not an empty answer', { skip }, async (t) => {
  const world = await startWorld('[log]\nlevel = "error"\n');
  t.teardown(world.close);
  const { id } = await world.start('true');
  await world.reach(id, 'succeeded');

  t.match(await world.drover(`logs ${id} --type debug`), {
    code: 5,
    err: /says nothing of run_.*telemetry/s,
  });
});

t.test('a remote worker registers, is shown, asked in vain for logs, and forgotten', { skip }, async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const register = (body: unknown) => world.http('POST', '/v1/workers', { body });
  const builder = { name: 'builder', url: 'http://10.0.0.7:8080', host: 'big', version: '1.2', cwd: '/srv' };

  t.match(await register(builder), {
    status: 201,
    json: { ...builder, kind: 'remote', pid: null, run_id: null, status: 'alive', last_heartbeat_at: String },
  });
  t.equal((await register(builder)).status, 200, 'a heartbeat');
  t.match(await register({ ...builder, host: 'other' }), { status: 409, json: { code: 'name_taken' } });
  for (const url of ['ftp://a', 'file:///etc/passwd', 'http://me:secret@a', 'nothing', 'javascript:alert(1)'])
    t.match(await register({ name: 'x', url }), { status: 400, json: { code: 'invalid_request' } }, url);
  t.match(await register({ name: 'a b', url: 'http://a' }), { status: 400 });
  t.match(await register({ ...builder, more: 1 }), { status: 400 });

  t.match((await world.drover('ps')).out, /^builder +- +- +alive .* http:\/\/10\.0\.0\.7:8080$/m);
  t.match((await world.http('GET', '/v1/workers?kind=run')).json, { items: [], next_cursor: null });
  t.match((await world.http('GET', '/v1/workers/builder')).json, { kind: 'remote', host: 'big' });
  t.match(await world.http('GET', '/v1/workers/builder/logs'), {
    status: 422,
    json: { code: 'worker_remote' },
  });
  t.match(await world.drover('logs builder'), { code: 2, err: /another machine.*10\.0\.0\.7:8080/s });
  t.match(await world.drover('kill builder'), { code: 0, out: /^forgot builder; / });
  t.match(await world.http('GET', '/v1/workers/builder'), {
    status: 404,
    json: { code: 'worker_not_found' },
  });

  await register(builder);
  await world.drover('daemon restart');
  t.strictSame((await workersOf(world)).items, [], 'a restart forgets it');
  t.equal((await register(builder)).status, 201, 'until its next heartbeat');
});

t.test('a run may look at workers and end none', { skip }, async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const { run, pids } = await startTree(world, 'victim');
  const drover = `'${process.execPath}' '${world.program}'`;
  const inside = await world.start(
    `${drover} ps --json; ${drover} kill victim; echo "kill said $?"; ${drover} kill "$DROVER_RUN_ID"; echo "kill said $?"`,
    '--name',
    'inside',
  );
  await world.reach(inside.id, 'succeeded');

  const said = (await world.drover('logs inside --type stdout')).out;
  t.match(said, new RegExp(`"run_id":"${run.id}"`));
  t.strictSame(said.match(/kill said \d+/g), ['kill said 4', 'kill said 4']);
  t.strictSame(await aliveOf(pids), pids);
});

t.test('top prints one picture where there is no terminal', { skip }, async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const idle = await world.start('sleep 300', '--name', 'idle');
  const busy = await world.start('while :; do :; done', '--name', 'busy');
  for (const { id } of [idle, busy]) await world.reach(id, 'running');

  const lines = await until('the busy one on top', async () => {
    const { code, out } = await world.drover('top');
    const found = out.trimEnd().split('\n');
    return code === 0 && found.length === 3 && /^busy /.test(found[1] ?? '') && found;
  });
  t.match(lines[2], /^idle /);
  t.notMatch(lines.join(''), '\x1b');
  const json = await world.json<Page<Worker>>(['top']);
  t.strictSame(
    json.items.map(({ name }) => name),
    ['busy', 'idle'],
  );
  t.match(await world.drover('top --interval 10ms'), { code: 2, err: /--interval cannot be '10ms'/ });
  await world.drover('stop');
  t.match(await world.drover('top'), { code: 3, err: /daemon not running/ });
  t.ok(processesOf(world.root).length > 0, 'runs go on without a daemon');
});
