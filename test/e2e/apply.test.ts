import { chmodSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { silentLog } from '../../src/base/index.ts';
import { newId } from '../../src/contract/index.ts';
import { createWorktrees } from '../../src/domain/repos/index.ts';
import { createGit } from '../../src/foundation/git/index.ts';
import { makeRepo, plainGit, put } from '../repos/fixture.ts';
import { git, setUp } from '../support/apply-world.ts';

t.setTimeout(600_000);

t.test('commits arrive as they are, uncommitted and new files as one commit on top', async (t) => {
  const { made, apply, said, commit, runId } = await setUp(t);
  commit(made.path, 'a.txt', 'by the agent\n');
  const own = plainGit(made.path, 'rev-parse', 'HEAD').trim();
  put(join(made.path, 'b.txt'), 'not committed\n');
  put(join(made.path, 'new/file'), Buffer.from([0, 255, 10]));
  put(join(made.path, 'secret.local'), 'ignored\n');

  const applied = await apply({ label: '\n  Fix \u0007 the flaky test\nand more' });

  t.match(applied, { isChanged: true, branch: 'main', files: 3, leftOut: [] });
  t.equal(applied.commit, said('rev-parse', 'main'));
  t.equal(said('rev-parse', 'main^'), own);
  t.equal(said('log', '-1', '--format=%B'), `Fix   the flaky test\n\nDrover-Run: ${runId}`);
  t.equal(said('log', '-1', '--format=%an <%ae>'), 'drover <drover@localhost>');
  t.equal(said('status', '--porcelain', '--ignored'), '');
  t.same(said('show', '--name-only', '--format=', 'main').split('\n'), ['b.txt', 'new/file']);
});

t.test('the commits are by the person, as their git knows them', async (t) => {
  const { path, made, apply, said } = await setUp(t);
  plainGit(path, 'config', 'user.name', 'Ada');
  plainGit(path, 'config', 'user.email', 'ada@example.com');
  put(join(made.path, 'b.txt'), 'x\n');

  await apply();

  t.equal(said('log', '-1', '--format=%an <%ae> %cn <%ce>'), 'Ada <ada@example.com> Ada <ada@example.com>');
});

t.test('a branch that moved on gets a merge, and both sides are there', async (t) => {
  const { path, made, apply, said, commit, runId } = await setUp(t);
  commit(made.path, 'a.txt', '1\n2\n3\n4\n5 agent\n');
  put(join(made.path, 'b.txt'), 'uncommitted\n');
  commit(path, 'a.txt', '1 mine\n2\n3\n4\n5\n');
  const before = said('rev-parse', 'HEAD');

  await apply();

  t.equal(said('rev-parse', 'HEAD^1'), before);
  t.equal(said('rev-parse', 'HEAD^2^'), plainGit(made.path, 'rev-parse', 'HEAD').trim());
  t.match(
    said('log', '-1', '--format=%B'),
    `Merge ${made.branch}: Fix the flaky test\n\nDrover-Run: ${runId}`,
  );
  t.equal(readFileSync(join(path, 'a.txt'), 'utf8'), '1 mine\n2\n3\n4\n5 agent\n');
  t.equal(readFileSync(join(path, 'b.txt'), 'utf8'), 'uncommitted\n');
  t.equal(said('status', '--porcelain'), '');
});

t.test('a run without commits of its own needs no merge on a branch that moved on', async (t) => {
  const { path, made, apply, said, commit } = await setUp(t);
  put(join(made.path, 'b.txt'), 'uncommitted\n');
  commit(path, 'a.txt', 'mine\n');
  const before = said('rev-parse', 'HEAD');

  await apply();

  t.equal(said('rev-list', '--parents', '-1', 'HEAD').split(' ').slice(1).join(' '), before);
  t.equal(said('show', '--format=', '--name-only'), 'b.txt');
});

t.test('squash stages all and commits nothing, also on a branch that moved on', async (t) => {
  const { path, made, apply, said, commit, runId } = await setUp(t);
  commit(made.path, 'b.txt', 'committed\n');
  put(join(made.path, 'c.txt'), 'new\n');
  commit(path, 'a.txt', 'mine\n');
  const before = said('rev-parse', 'HEAD');

  const applied = await apply({ squash: true });

  t.match(applied, { isChanged: true, commit: null, files: 2 });
  t.equal(said('rev-parse', 'HEAD'), before);
  t.equal(said('status', '--porcelain'), 'M  b.txt\nA  c.txt');
  t.equal(
    readFileSync(join(path, '.git/SQUASH_MSG'), 'utf8'),
    `Fix the flaky test\n\nDrover-Run: ${runId}\n`,
  );
});

t.test('what is there already is not applied again', async (t) => {
  const { path, made, apply, said, commit } = await setUp(t);
  t.match(await apply(), { isChanged: false, commit: null, files: 0 }, 'a run that changed nothing');
  put(join(made.path, 'b.txt'), 'x\n');
  await apply();
  const once = said('rev-parse', 'HEAD');
  t.match(await apply(), { isChanged: false }, 'twice');
  commit(path, 'a.txt', 'mine\n');
  t.match(await apply(), { isChanged: false }, 'twice, on a branch that moved on');
  t.match(await apply({ squash: true }), { isChanged: false }, 'and squashed');
  t.equal(said('rev-parse', 'HEAD^'), once);

  put(join(made.path, 'b.txt'), 'x\nmore\n');
  t.match(await apply(), { isChanged: true, files: 1 }, 'what came since does');
  t.equal(said('show', '--format=', '--name-only'), 'b.txt');
  commit(made.path, 'b.txt', 'x\nmore\nstill more\n');
  t.match(await apply(), { isChanged: true, files: 1 }, 'committed by the run meanwhile or not');
  t.equal(said('show', 'HEAD:b.txt'), 'x\nmore\nstill more');
});

t.test('what the person took back can be applied again', async (t) => {
  const { path, made, apply, said, commit } = await setUp(t);
  put(join(made.path, 'b.txt'), 'x\n');
  commit(path, 'a.txt', 'mine\n');
  await apply();
  plainGit(path, 'reset', '-q', '--hard', 'HEAD^');

  t.match(await apply(), { isChanged: true, files: 1 });

  t.equal(said('show', 'HEAD:b.txt'), 'x');
});

t.test('a conflict is refused with its files, and nothing has changed', async (t) => {
  const { path, made, apply, commit, picture } = await setUp(t);
  commit(made.path, 'a.txt', 'agent\n');
  put(join(made.path, 'b.txt'), 'agent\n');
  commit(path, 'a.txt', 'mine\n');
  commit(path, 'b.txt', 'mine\n');
  const before = picture();

  for (const squash of [false, true]) {
    await t.rejects(apply({ squash }), {
      code: 'apply_conflict',
      message: 'The work conflicts with the branch main in\na.txt\nb.txt',
      fields: { files: ['a.txt', 'b.txt'] },
    });
    t.same(picture(), before);
  }
});

t.test('a folder becomes a file, a file becomes a folder, modes and links arrive', async (t) => {
  const { path, made, apply, said } = await setUp(t);
  plainGit(made.path, 'rm', '-q', '-r', 'dir');
  put(join(made.path, 'dir'), 'a file now\n');
  plainGit(made.path, 'rm', '-q', 'b.txt');
  put(join(made.path, 'b.txt/deep'), 'a folder now\n');
  chmodSync(join(made.path, 'a.txt'), 0o755);
  symlinkSync('a.txt', join(made.path, 'link'));
  mkdirSync(join(path, 'link')); // an empty folder is nothing to lose

  await apply();

  t.equal(said('status', '--porcelain'), '');
  t.match(said('ls-files', '-s'), /^100755 .*a\.txt$[\s\S]*b\.txt\/deep[\s\S]*^120000 .*link$/m);
  t.equal(readFileSync(join(path, 'dir'), 'utf8'), 'a file now\n');
});

t.test('after the worktree was removed all of it is there still', async (t) => {
  const { made, apply, said, commit, worktrees, repo, runId } = await setUp(t);
  commit(made.path, 'a.txt', 'committed\n');
  put(join(made.path, 'b.txt'), 'not committed\n');
  t.match(await worktrees.saveAndRemove({ repo, runId }), { removed: true });

  t.match(await apply(), { isChanged: true, files: 2 });

  t.equal(said('show', 'HEAD:a.txt'), 'committed');
  t.equal(said('show', 'HEAD:b.txt'), 'not committed');
  t.equal(said('rev-parse', 'HEAD^'), said('rev-parse', made.branch));
  t.match(
    said('log', '-1', '--format=%B'),
    /^Fix the flaky test\n\nDrover-Run: run_/,
    'not our own words for it',
  );
});

t.test('commits on no branch arrive, from the worktree and from what was saved', async (t) => {
  const { made, apply, said, worktrees, repo, runId, commit } = await setUp(t);
  plainGit(made.path, 'checkout', '-q', '--detach');
  commit(made.path, 'a.txt', 'on no branch\n');
  const head = plainGit(made.path, 'rev-parse', 'HEAD').trim();
  await worktrees.saveAndRemove({ repo, runId });

  t.match(await apply(), { isChanged: true, commit: head });

  t.equal(said('rev-parse', 'main'), head);
});

t.test('a repository inside the worktree is named, and the rest arrives', async (t) => {
  const { made, apply } = await setUp(t);
  makeRepo(join(made.path, 'inner'), { x: 'precious\n' });
  put(join(made.path, 'b.txt'), 'x\n');

  t.match(await apply(), { isChanged: true, files: 1, leftOut: ['inner/'] });
});

t.test('a work tree of a bare repository has a HEAD of its own, and that one moves', async (t) => {
  const { root, path } = await setUp(t);
  plainGit(root, 'clone', '-q', '--bare', path, 'pool/.git');
  plainGit(join(root, 'pool/.git'), 'worktree', 'add', '-q', '-b', 'mine', join(root, 'linked'));
  const linked = join(root, 'linked');
  const repo = { id: 'repo_bare', path: linked, trusted: false };
  const worktrees = createWorktrees({ git, log: silentLog, stateRoot: join(root, 'state') });
  const runId = newId('run', Date.now());
  const made = await worktrees.create({ repo, runId, label: 'x' });
  put(join(made.path, 'b.txt'), 'agent\n');
  const bare = plainGit(join(root, 'pool/.git'), 'rev-parse', 'HEAD');

  t.match(await worktrees.describeMain(repo), { branch: 'mine' });
  const applied = await worktrees.apply({
    repo,
    runId,
    placeId: runId,
    branch: made.branch,
    label: 'x',
    squash: false,
  });

  t.match(applied, { isChanged: true, branch: 'mine' });
  t.equal(plainGit(linked, 'show', 'mine:b.txt'), 'agent\n');
  t.equal(plainGit(linked, 'status', '--porcelain'), '');
  t.equal(plainGit(join(root, 'pool/.git'), 'rev-parse', 'HEAD'), bare);
});

t.test('a git that is too old to merge in its object store is said to be, where it matters', async (t) => {
  const { root, path, repo, made, runId, commit } = await setUp(t);
  put(
    join(root, 'bin/git'),
    '#!/bin/sh\ncase "$*" in *merge-tree*) exit 129;; esac\nexec "$REAL_GIT" "$@"\n',
  );
  const real = plainGit(root, '--exec-path').trim();
  put(join(root, 'bin/git'), readFileSync(join(root, 'bin/git'), 'utf8').replace('$REAL_GIT', `${real}/git`));
  chmodSync(join(root, 'bin/git'), 0o755);
  const old = createGit({
    env: { PATH: `${root}/bin:${process.env.PATH}`, HOME: '/nonexistent' },
    log: silentLog,
  });
  const worktrees = createWorktrees({ git: old, log: silentLog, stateRoot: join(root, 'state') });
  const wanted = { repo, runId, placeId: runId, branch: made.branch, label: 'x', squash: false };
  commit(path, 'a.txt', 'mine\n');
  put(join(made.path, 'b.txt'), 'x\n');

  await t.rejects(worktrees.apply(wanted), { code: 'git_failed', message: /needs git 2\.38/ });
  plainGit(path, 'reset', '-q', '--hard', 'HEAD^');
  t.match(await worktrees.apply(wanted), { isChanged: true }, 'a branch that stands still needs no merge');
});
