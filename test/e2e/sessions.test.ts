import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readProcess } from '../../src/base/index.ts';
import type { Page, Run } from '../../src/contract/index.ts';
import { startWorld } from '../support/real-daemon.ts';

t.setTimeout(280_000);

const unattended = ['--agent', 'demo', '--approval', 'auto'] as const;

/** A world with a repository, in which the demo agent has done its work once. */
async function withSession(t: Test) {
  const world = await startWorld();
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));
  const said = await world.run(['run', ...unattended, '--name', 'chat', 'Make it better'], { cwd: repo });
  t.equal(said.code, 0, said.err);
  return { world, repo, first: await world.json<Run>(['runs', 'show', 'chat']) };
}

t.test('a session goes on in its worktree, from wherever it is asked to', async (t) => {
  const { world, repo, first } = await withSession(t);
  writeFileSync(join(first.worktree ?? '', 'left.txt'), 'not committed\n');

  const elsewhere = join(world.root, 'elsewhere');
  await world.repository(elsewhere);
  const said = await world.run(
    ['run', '--session', 'chat', '--approval', 'auto', '--name', 'more', 'And now?'],
    {
      cwd: elsewhere,
    },
  );

  t.equal(said.code, 0, said.err);
  t.notMatch(said.err, 'registered', 'the folder of the command is none of its business');
  t.notMatch(said.err, 'works on branch', 'nothing was made');
  const second = await world.json<Run>(['runs', 'show', 'more']);
  const { session_id, worktree, branch, base_commit } = first;
  t.match(second, { agent: 'demo', session_id, worktree, branch, base_commit, repo: { project: 'shop' } });
  t.match((await world.drover('runs diff more')).out, /^\+not committed$/m, 'the diff is that of the whole');
  const { items } = await world.json<Page<Run>>(['runs', 'list', '--session', 'more']);
  t.strictSame(
    items.map((run) => run.id),
    [second.id, first.id],
  );

  for (const [argv, says] of [
    [['--base', 'main'], /goes on from where its files stand, not from a base/],
    [['--worktree'], /goes on where it was led, in a worktree of shop/],
    [['--in-place'], /goes on where it was led, in a worktree of shop/],
    [['--repo', elsewhere], /is registered as|not in/],
    [['--agent', 'command'], /belongs to the agent 'demo' \(acp\), and 'command' is command/],
  ] as const) {
    const refused = await world.run(['run', '--session', 'chat', ...argv, 'x'], { cwd: repo });
    t.match(refused.err, says);
    t.ok([2, 5].includes(refused.code ?? 0), argv.join(' '));
  }
  const command = await world.run(['run', '--agent', 'command', '--name', 'cmd', '--', 'true']);
  t.equal(command.code, 0);
  const none = await world.run(['run', '--session', 'cmd', 'x']);
  t.equal(none.code, 2);
  t.match(none.err, /The run run_\S+ ended without a session to go on with/);
});

t.test('a place that is gone is said, and nothing is made in its stead', async (t) => {
  const { world, first } = await withSession(t);
  rmSync(first.worktree ?? '', { recursive: true });

  const said = await world.run(['run', '--session', 'chat', 'And now?']);

  t.equal(said.code, 1);
  t.match(said.err, `The worktree of ${first.id}, where its session goes on, is gone`);
  t.match(said.err, `what was committed there is on the branch ${first.branch}`);
  t.notOk(existsSync(first.worktree ?? ''));
});

t.test('what git forgot of a worktree took the files of a session with it', async (t) => {
  const { world, repo, first } = await withSession(t);
  writeFileSync(join(first.worktree ?? '', 'left.txt'), 'not committed\n');
  rmSync(join(repo, '.git/worktrees', first.id), { recursive: true });

  const said = await world.run(['run', '--session', 'chat', 'And now?']);

  t.equal(said.code, 1);
  t.match(said.err, 'is gone');
  t.ok(existsSync(join(first.worktree ?? '', 'left.txt')), 'the files are left alone');
});

t.test('an interrupted run says so everywhere, and goes on in its session when it is told to', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));
  const run = await world.json<Run>(['run', '--bg', '--agent', 'demo', 'Make it better'], { cwd: repo });
  await world.reach(run.id, 'waiting');
  const started = (await world.events(run.id)).find(({ type }) => type === 'run.started');
  const agent = await readProcess(Number(started?.data.pid));
  process.kill(agent?.parentPid ?? 0, 'SIGKILL');
  const old = await world.reach(run.id, 'interrupted');

  t.match((await world.drover('runs list')).out, '1 interrupted: go on with: drover runs retry ID');
  t.match((await world.drover(`runs show ${run.id}`)).out, `go on with: drover runs retry ${run.id}`);
  t.match((await world.drover('status')).out, '1 interrupted since the start');
  t.equal((await world.status()).runs_interrupted, 1);
  t.equal((await world.json<Page<Run>>(['runs', 'list'])).items.length, 1, 'nothing starts by itself');

  const again = await world.json<Run>(['runs', 'retry', run.id, '--bg']);
  const retry = await world.reach(again.id, 'waiting');
  const { session_id, worktree, branch, base_commit } = old;
  t.match(retry, { retry_of: run.id, prompt: 'Make it better', session_id, worktree, branch, base_commit });
  t.notMatch((await world.drover('runs list')).out, 'interrupted: go on');
  const live = await world.drover(`runs retry ${retry.id}`);
  t.equal(live.code, 6);
  t.match(live.err, `The run ${retry.id} has not ended: it is waiting`);
  await world.drover(`runs cancel ${retry.id}`);
});

t.test('a retry anew works in another worktree, from the same commit', async (t) => {
  const { world, repo, first } = await withSession(t);
  writeFileSync(join(repo, 'later.txt'), '');
  await world.git(repo, 'add', '.');
  await world.git(repo, 'commit', '--quiet', '--message=Later');

  const said = await world.run(['runs', 'retry', 'chat', '--fresh', '--json']);

  t.equal(said.code, 0, said.err);
  const retry = JSON.parse(said.out) as Run;
  t.match(retry, { retry_of: first.id, name: 'chat', base_commit: first.base_commit, approval_mode: 'auto' });
  for (const key of ['worktree', 'branch', 'session_id'] as const) t.not(retry[key], first[key], key);
});

t.test('what cannot be tried again says why', async (t) => {
  const world = await startWorld('[agents.mine]\nruntime = "command"\ncommand = ["false"]\n');
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));
  const run = await world.run(['run', '--agent', 'mine', '--name', 'mine', 'x'], { cwd: repo });
  t.equal(run.code, 1);
  const post = (path: string, key: string) =>
    world.http('POST', `/v1/runs/mine/${path}`, { headers: { 'idempotency-key': key } });
  const first = await post('retry', 'k');
  t.equal(first.status, 201, 'a body is not needed');
  t.strictSame((await post('retry', 'k')).text, first.text, 'the same key is the same retry');
  await world.reach(String(first.json.id), 'failed');

  world.configure('');
  await world.drover('daemon reload');
  const agent = await world.drover('runs retry mine');
  t.equal(agent.code, 2);
  t.match(agent.err, "No agent is called 'mine'");
  world.configure('[agents.mine]\nruntime = "command"\ncommand = ["false"]\n');
  await world.drover('daemon reload');
  await world.drover('daemon remove shop');
  const gone = await world.drover('runs retry mine');
  t.equal(gone.code, 5);
  t.match(gone.err, "The repository 'shop' of that run is not registered any more");
  t.equal((await world.drover('runs retry nosuch')).code, 5);
});

t.test('an agent works at as many runs as its max_parallel allows', async (t) => {
  const world = await startWorld(
    '[agents.slow]\nruntime = "command"\ncommand = ["sleep"]\nmax_parallel = 1\n',
  );
  t.teardown(world.close);
  const start = () => world.json<Run>(['run', '--bg', '--agent', 'slow', '60']);
  const first = await start();
  await world.reach(first.id, 'running');
  const second = await start();
  const other = await world.start('true');
  await world.reach(other.id, 'succeeded');

  const reason = 'Waiting: 1 run is at work with slow, as many as [agents.slow] max_parallel allows';
  t.match(await world.show(second.id), { status: 'queued', reason });
  world.configure('[agents.slow]\nruntime = "command"\ncommand = ["sleep"]\n');
  await world.drover('daemon reload');
  await world.reach(second.id, 'running');
});
