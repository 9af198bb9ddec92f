import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeRepo, plainGit, put } from '../repos/fixture.ts';
import { setUp } from '../support/apply-world.ts';

t.setTimeout(600_000);

t.test('what was staged, changed and new is so again after removal and restore', async (t) => {
  const { path, worktrees, repo, runId, made, said } = await setUp(t);
  put(join(made.path, 'a.txt'), 'staged\n');
  plainGit(made.path, 'add', 'a.txt');
  put(join(made.path, 'a.txt'), 'staged and changed\n');
  put(join(made.path, 'b.txt'), 'changed\n');
  plainGit(made.path, 'rm', '-q', 'dir/c.txt');
  put(join(made.path, 'new/file'), Buffer.from([0, 255, 10]));
  const before = plainGit(made.path, 'status', '--porcelain');
  await worktrees.saveAndRemove({ repo, runId });
  const saved = said('rev-parse', `refs/drover/saved/${runId}`);
  t.match(await worktrees.look({ repo, runId }), { kind: 'gone' });
  t.same(await worktrees.saved(repo), [{ runId, ref: `refs/drover/saved/${runId}`, commit: saved }]);

  const restored = await worktrees.restore({ repo, runId, branch: made.branch, baseCommit: made.baseCommit });

  t.same(restored, { path: made.path, branch: made.branch, ref: `refs/drover/saved/${runId}` });
  t.equal(plainGit(made.path, 'status', '--porcelain'), before);
  t.equal(plainGit(made.path, 'show', ':a.txt'), 'staged\n');
  t.same(readFileSync(join(made.path, 'new/file')), Buffer.from([0, 255, 10]));
  t.equal(plainGit(made.path, 'symbolic-ref', '--short', 'HEAD').trim(), made.branch);
  t.equal(said('rev-parse', `refs/drover/past/${runId}`), saved, 'it is held still');
  t.same(await worktrees.saved(repo), [], 'and says no more that it is missing');
  t.match(await worktrees.create({ repo, runId, label: 'x' }), { baseCommit: made.baseCommit });
  await t.rejects(worktrees.restore({ repo, runId, branch: made.branch, baseCommit: null }), {
    code: 'worktree_exists',
  });

  plainGit(made.path, 'add', '-A');
  plainGit(made.path, 'commit', '-q', '-m', 'all of it');
  t.match(await worktrees.saveAndRemove({ repo, runId }), { saved: null });
  t.match(await worktrees.restore({ repo, runId, branch: made.branch, baseCommit: null }), { ref: null });
  t.equal(plainGit(made.path, 'status', '--porcelain'), '', 'what was saved before does not come back');
  t.equal(plainGit(path, 'status', '--porcelain'), '');
});

t.test('commits on no branch, and a branch that went on: HEAD is where the files belong', async (t) => {
  const { path, worktrees, repo, runId, made, commit } = await setUp(t);
  put(join(made.path, 'b.txt'), 'uncommitted\n');
  const head = plainGit(made.path, 'rev-parse', 'HEAD').trim();
  await worktrees.saveAndRemove({ repo, runId });
  plainGit(path, 'checkout', '-q', made.branch);
  commit(path, 'a.txt', 'by the person\n');
  plainGit(path, 'checkout', '-q', 'main');

  t.match(await worktrees.restore({ repo, runId, branch: made.branch, baseCommit: null }), { branch: null });

  t.equal(plainGit(made.path, 'rev-parse', 'HEAD').trim(), head);
  t.equal(plainGit(made.path, 'status', '--porcelain'), ' M b.txt\n');

  commit(made.path, 'b.txt', 'on no branch\n');
  await worktrees.saveAndRemove({ repo, runId });
  t.match(await worktrees.restore({ repo, runId, branch: made.branch, baseCommit: null }), { branch: null });
  t.equal(plainGit(made.path, 'log', '-1', '--format=%s').trim(), 'change b.txt');
});

t.test('a branch that is gone is made from what was saved, and found by the id of the run', async (t) => {
  const { path, worktrees, repo, runId, made } = await setUp(t);
  put(join(made.path, 'b.txt'), 'uncommitted\n');
  await worktrees.saveAndRemove({ repo, runId });

  t.match(await worktrees.restore({ repo, runId, branch: null, baseCommit: null }), { branch: made.branch });
  await worktrees.saveAndRemove({ repo, runId });
  plainGit(path, 'branch', '-q', '-D', made.branch);
  t.match(await worktrees.restore({ repo, runId, branch: made.branch, baseCommit: null }), {
    branch: made.branch,
  });
  t.equal(plainGit(made.path, 'status', '--porcelain'), ' M b.txt\n');

  plainGit(made.path, 'checkout', '-q', '.');
  await worktrees.saveAndRemove({ repo, runId });
  plainGit(path, 'branch', '-q', '-D', made.branch);
  await t.rejects(worktrees.restore({ repo, runId, branch: made.branch, baseCommit: null }), {
    code: 'worktree_not_found',
  });
});

t.test('a restore that died at any step is done again, and loses nothing', async (t) => {
  const { path, worktrees, repo, runId, made } = await setUp(t);
  put(join(made.path, 'b.txt'), 'uncommitted\n');
  put(join(made.path, 'new'), 'new\n');
  await worktrees.saveAndRemove({ repo, runId });
  const admin = join(path, '.git/worktrees', runId);
  const restore = () => worktrees.restore({ repo, runId, branch: made.branch, baseCommit: null });
  const deaths: Record<string, () => void> = {
    'registered, no files': () =>
      plainGit(path, 'worktree', 'add', '-q', '--no-checkout', made.path, made.branch),
    'files, no marker': () => {
      plainGit(path, 'worktree', 'add', '-q', made.path, made.branch);
      rmSync(join(made.path, 'a.txt'));
    },
  };
  for (const [name, die] of Object.entries(deaths)) {
    die();
    t.match(await worktrees.look({ repo, runId }), { kind: 'half' }, name);
    t.match(
      await worktrees.saveAndRemove({ repo, runId }),
      { saved: null },
      'half of one is not worth saving',
    );
    die();
    await restore();
    t.equal(plainGit(made.path, 'status', '--porcelain'), ' M b.txt\n?? new\n', name);
    await worktrees.saveAndRemove({ repo, runId });
  }
  t.equal(existsSync(admin), false);
});

t.test('what the checkout has all of is seen, committed or not', async (t) => {
  const { path, worktrees, repo, runId, made, commit, apply } = await setUp(t);
  const isContained = () => worktrees.isContained({ repo, runId, branch: made.branch, into: null });
  t.equal(await isContained(), true, 'nothing at all');
  put(join(made.path, 'b.txt'), 'uncommitted\n');
  t.equal(await isContained(), false);
  const objects = plainGit(path, 'count-objects');
  t.equal(await isContained(), false);
  t.equal(plainGit(path, 'count-objects'), objects, 'looking leaves no object');
  await apply();
  t.equal(await isContained(), true);
  commit(path, 'a.txt', 'mine\n');
  t.equal(await isContained(), true, 'also once the branch has moved on');
  commit(made.path, 'c.txt', 'more\n');
  t.equal(await isContained(), false);
  await apply({ squash: true });
  plainGit(path, 'commit', '-q', '-m', 'squashed');
  t.equal(await isContained(), true);
});

t.test('a look tells what is there and changes nothing', async (t) => {
  const { worktrees, repo, runId, made, commit, path } = await setUp(t);
  t.match(await worktrees.look({ repo, runId }), {
    kind: 'whole',
    branch: made.branch,
    head: made.baseCommit,
    uncommittedFiles: 0,
    isMerged: true,
    nested: [],
  });
  commit(made.path, 'a.txt', 'x\n');
  put(join(made.path, 'b.txt'), 'y\n');
  makeRepo(join(made.path, 'inner'));
  t.match(await worktrees.look({ repo, runId }), {
    uncommittedFiles: 2,
    isMerged: false,
    nested: ['inner/'],
  });
  rmSync(join(path, '.git/worktrees', runId), { recursive: true });
  t.match(await worktrees.look({ repo, runId }), { kind: 'unknown' });
});

t.test('the diff of a run is the same once its worktree is removed', async (t) => {
  const { path, worktrees, repo, runId, made, commit } = await setUp(t);
  commit(made.path, 'a.txt', 'committed\n');
  put(join(made.path, 'b.txt'), 'uncommitted\n');
  put(join(made.path, 'new'), 'new\n');
  const diff = async () => {
    const { branch, baseCommit } = made;
    return (await worktrees.diff({ repo, runId, branch, baseCommit })).patch.toString();
  };
  const before = await diff();
  t.match(before, /\+committed[\s\S]*\+uncommitted[\s\S]*\+new/);

  await worktrees.saveAndRemove({ repo, runId });
  t.equal(await diff(), before, 'from what was saved');

  plainGit(path, 'update-ref', '-d', `refs/drover/saved/${runId}`);
  t.match(await diff(), /\+committed/, 'from the branch');
  plainGit(path, 'branch', '-q', '-D', made.branch);
  await t.rejects(diff(), { code: 'worktree_not_found' });
});
