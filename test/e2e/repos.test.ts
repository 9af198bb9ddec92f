import { chownSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { Page, Repo, Run } from '../../src/contract/index.ts';
import { startWorld, type World } from '../support/real-daemon.ts';

t.setTimeout(120_000);

const isRoot = process.getuid?.() === 0;
const list = async (world: World) => (await world.json<Page<Repo>>(['daemon', 'repos'])).items;

t.test('every way to a repository leads to the same one', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));
  mkdirSync(join(repo, 'src/deep'), { recursive: true });
  symlinkSync(repo, join(world.root, 'link'));
  await world.git(repo, 'worktree', 'add', '--quiet', join(world.root, 'linked'), '-b', 'side');

  const added = await world.run(['daemon', 'add', join(world.root, 'link')]);
  t.equal(added.code, 0, added.err);
  t.match(added.out, /^added shop: .*\/shop \(repo_/);
  for (const way of ['shop', 'shop/src/deep', 'link', 'link/src', 'linked']) {
    const again = await world.run(['daemon', 'add', join(world.root, way)]);
    t.equal(again.code, 6, `${way}: ${again.out}${again.err}`);
    t.match(again.err, /registered/, way);
    const trusted = await world.run(['daemon', 'trust', join(world.root, way)]);
    t.equal(trusted.code, 0, `trust ${way}: ${trusted.err}`);
  }
  const relative = await world.run(['daemon', 'trust', '.', '--revoke'], { cwd: join(repo, 'src') });
  t.match(relative, { code: 0, out: 'shop is not trusted any more\n' });
  t.match(await list(world), [{ path: repo, project: 'shop', trusted: false, missing: false }]);

  const removed = await world.run(['daemon', 'remove', join(world.root, 'linked')]);
  t.equal(removed.code, 0, removed.err);
  t.strictSame(await list(world), []);
});

t.test('what is no repository that can be used is refused with the reason', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  await world.git(world.root, 'init', '--quiet', '--bare', 'bare.git');
  const refused: [string, RegExp][] = [
    ['bare.git', /bare/],
    ['gone', /does not exist/],
    ['home', /not inside a git work tree/],
  ];
  if (isRoot) {
    const theirs = await world.repository(join(world.root, 'theirs'));
    for (const path of [theirs, join(theirs, '.git')]) chownSync(path, 54_321, 54_321);
    refused.push(['theirs', /belongs to|owned by|uid 54321/]);
  }
  for (const [path, why] of refused) {
    const said = await world.run(['daemon', 'add', join(world.root, path)]);
    t.equal(said.code, 2, `${path}: ${said.err}`);
    t.match(said.err, why);
    t.match(said.err, /hint: /, path);
    const http = await world.http('POST', '/v1/repos', { body: { path: join(world.root, path) } });
    t.ok([400, 403].includes(http.status), `${path}: ${http.status}`);
  }
  t.strictSame(await list(world), []);
});

t.test('two of the same name both work, and names can be changed', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const first = await world.repository(join(world.root, 'a/shop'));
  const second = await world.repository(join(world.root, 'b/shop'));
  await world.run(['daemon', 'add', first]);
  await world.run(['daemon', 'add', second]);

  t.match(await list(world), [
    { path: first, project: 'shop' },
    { path: second, project: 'shop-2' },
  ]);
  const taken = await world.drover('daemon rename shop-2 shop');
  t.equal(taken.code, 6);
  t.match(taken.err, /shop/);
  t.equal((await world.drover('daemon rename shop-2 legacy')).code, 0);
  const run = await world.run(['run', '--repo', 'legacy', '--agent', 'command', '--', 'git', 'remote', '-v']);
  t.equal(run.code, 0, run.err);
  const bad = await world.run(['daemon', 'rename', 'shop', 'a b']);
  t.equal(bad.code, 2);

  await world.drover('daemon restart');
  t.match(await list(world), [{ project: 'legacy' }, { project: 'shop' }], 'kept across a restart');
});

t.test('trust is for the configuration that was there when it was given', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));
  mkdirSync(join(repo, '.drover'));
  writeFileSync(join(repo, '.drover/config.toml'), '[verify]\ncommands = []\n');
  await world.run(['daemon', 'add', repo]);
  t.match(await list(world), [{ trusted: false }]);

  await world.drover('daemon trust shop');
  t.match(await list(world), [{ trusted: true }]);
  writeFileSync(join(repo, '.drover/config.toml'), '[verify]\ncommands = ["rm -rf /"]\n');

  t.match(await list(world), [{ trusted: false }], 'asked again');
});

t.test('removal ends its live runs, unless they are kept', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));
  const start = () => world.start('sleep 60', '--repo', 'shop');
  await world.run(['daemon', 'add', repo]);
  const first = await start();
  await world.reach(first.id, 'running');
  const elsewhere = await world.start('sleep 60');

  const removed = await world.drover('daemon remove shop');
  t.equal(removed.out, 'removed shop; 1 run cancelled\n');
  const { worktree } = await world.show(first.id);
  t.match(removed.err, `1 worktree of its runs stays in ${dirname(String(worktree))}, and its branch in the`);
  t.match(await world.git(repo, 'worktree', 'list'), String(worktree), 'as it says');
  t.match(await world.show(first.id), { status: 'canceled', reason: /removal of its repository/ });
  await world.reach(elsewhere.id, 'running');

  await world.run(['daemon', 'add', repo]);
  const kept = await start();
  await world.reach(kept.id, 'running');
  t.equal((await world.drover('daemon remove shop --keep-runs')).out, 'removed shop\n');
  t.match(await world.show(kept.id), { status: 'running' });
  t.equal((await world.drover(`runs cancel ${kept.id}`)).code, 0);
  t.ok(existsSync(join(repo, 'README.md')), 'the repository itself is untouched');
});

t.test('a repository that went away is a warning, its runs are refused with the reason', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));
  await world.run(['daemon', 'add', repo]);
  renameSync(repo, `${repo}.away`);

  t.match(await list(world), [{ project: 'shop', missing: true }]);
  t.match((await world.status()).warnings, [/shop.*is missing/]);
  const run = await world.run(['run', '--repo', 'shop', '--agent', 'command', '--', 'true']);
  t.equal(run.code, 2, run.err);
  t.match(run.err, /hint: /);
  t.equal((await world.run(['daemon', 'remove', repo])).code, 0, 'it can be removed by its path');

  renameSync(`${repo}.away`, repo);
  await world.run(['daemon', 'add', repo]);
  rmSync(join(repo, '.git'), { recursive: true });
  t.match(await list(world), [{ missing: true }]);
});

t.test('a run in an unregistered repository registers it and says so', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const repo = await world.repository(join(world.root, 'shop'));
  mkdirSync(join(repo, 'src'));

  const first = await world.run(['run', '--agent', 'command', '--', 'pwd'], { cwd: join(repo, 'src') });
  const second = await world.run(['run', '--agent', 'command', '--', 'pwd'], { cwd: repo });

  t.equal(first.code, 0, first.err);
  t.match(first.err, `registered ${repo} as shop; remove it with: drover daemon remove shop`);
  t.match(first.out, join(world.stateRoot, 'worktrees'));
  t.notMatch(second.err, 'registered');
  t.equal(await world.git(repo, 'status', '--porcelain'), '', 'the checkout is untouched');
});

t.test('a repository that was moved is told where it is now, unless runs of it are live', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const old = await world.repository(join(world.root, 'shop'));
  const other = await world.repository(join(world.root, 'other'));
  await world.run(['daemon', 'add', other]);
  const script = ['run', '--bg', '--agent', 'command', '--', 'sh', '-c'];
  const live = await world.json<Run>([...script, 'echo x > x; sleep 600'], { cwd: old });
  await world.reach(live.id, 'running');
  const place = join(world.root, 'moved');
  renameSync(old, place);
  const move = (to: string) => world.run(['daemon', 'move', 'shop', to]);

  t.match(await move(place), { code: 6, err: /shop has 1 live run/ });
  await world.run(['runs', 'cancel', live.id]);
  t.match(await move(other), { code: 6, err: /registered already, as 'other'/ });
  t.match(await move(join(world.root, 'nowhere')), { code: 2, err: /does not exist/ });
  t.equal((await world.run(['runs', 'diff', live.id])).code, 2, 'it is missing still');
  t.match(await move(place), { code: 0, out: `shop is at ${place}\n` });
  t.match(await move(place), { code: 0 }, 'and again');

  t.match(await list(world), [{ project: 'other' }, { path: place, project: 'shop', missing: false }]);
  t.match((await world.run(['runs', 'diff', live.id])).out, '+x');
  t.notMatch(await world.git(place, 'worktree', 'list', '--porcelain'), 'prunable');
  const updates = (await world.events()).filter((event) => event.type === 'repo.updated');
  t.match(updates, [{ data: { project: 'shop', path: place } }], 'told once');
});
