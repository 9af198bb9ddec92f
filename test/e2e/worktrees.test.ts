import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { silentLog } from '../../src/base/index.ts';
import { newId } from '../../src/contract/index.ts';
import { createWorktrees, resolveRepo } from '../../src/domain/repos/index.ts';
import { createGit } from '../../src/foundation/git/index.ts';
import { makeRepo, plainGit, put } from '../repos/fixture.ts';
import { until } from '../support/until.ts';

const git = createGit({ env: process.env, log: silentLog });
let clock = 1_700_000_000_000;

function setUp(test: { testdir: () => string }) {
  const root = realpathSync(test.testdir());
  const path = makeRepo(join(root, 'app'), {
    'a.txt': 'one\n',
    'b.txt': 'two\n',
    '.gitignore': 'ignored/\n',
  });
  const repo = { id: newId('repo', clock), path, trusted: false };
  const worktrees = createWorktrees({ git, log: silentLog, stateRoot: join(root, 'state') });
  const runId = newId('run', clock++);
  return { root, path, repo, worktrees, runId, label: 'Fix the flaky test!' };
}

t.test('a run gets a branch and a folder of its own, and the checkout stays as it is', async (t) => {
  const { path, repo, worktrees, runId, label } = setUp(t);
  put(join(path, 'dirty.txt'), 'x');
  put(join(path, 'a.txt'), 'changed\n');

  const made = await worktrees.create({ repo, runId, label });

  t.equal(made.branch, `drover/${runId.slice(-8).toLowerCase()}-fix-the-flaky-test`);
  t.equal(made.dirtyFiles, 2);
  t.equal(made.baseCommit, plainGit(path, 'rev-parse', 'HEAD').trim());
  t.equal(readFileSync(join(made.path, 'a.txt'), 'utf8'), 'one\n');
  t.equal(plainGit(made.path, 'status', '--porcelain'), '');
  t.equal(plainGit(path, 'status', '--porcelain'), ' M a.txt\n?? dirty.txt\n');
  t.equal(plainGit(path, 'config', '--list', '--local').includes('branch.drover'), false);
});

t.test('made twice is made once, also after a death at each step', async (t) => {
  const { path, repo, worktrees, runId, label } = setUp(t);
  const wanted = { repo, runId, label };
  const made = await worktrees.create(wanted);
  put(join(made.path, 'work.txt'), 'agent was here\n');
  t.match(await worktrees.create(wanted), {
    path: made.path,
    branch: made.branch,
    baseCommit: made.baseCommit,
  });
  t.ok(existsSync(join(made.path, 'work.txt')), 'a whole work tree is never made anew');

  const admin = join(path, '.git/worktrees', runId);
  const deaths: Record<string, () => void> = {
    'no marker yet': () => rmSync(join(admin, 'drover-ready')),
    'still locked': () => {
      rmSync(join(admin, 'drover-ready'));
      put(join(admin, 'locked'), 'initializing');
      rmSync(made.path, { recursive: true });
    },
    'branch alone': () => {
      rmSync(admin, { recursive: true });
      rmSync(made.path, { recursive: true });
    },
    'folder alone': () => rmSync(admin, { recursive: true }),
    'half an admin folder': () => {
      for (const file of ['gitdir', 'HEAD', 'drover-ready']) rmSync(join(admin, file), { force: true });
    },
    'an index lock of the dead': () => {
      rmSync(join(admin, 'drover-ready'));
      put(join(admin, 'index.lock'), '');
    },
  };
  for (const [name, die] of Object.entries(deaths)) {
    die();
    const again = await worktrees.create(wanted);
    t.match(again, { path: made.path, branch: made.branch, baseCommit: made.baseCommit }, name);
    t.equal(plainGit(made.path, 'status', '--porcelain'), '', name);
  }
});

t.test('a base may be a branch, tag or commit, never an option', async (t) => {
  const { path, repo, worktrees, label } = setUp(t);
  const first = plainGit(path, 'rev-parse', 'HEAD').trim();
  plainGit(path, 'tag', 'v1');
  plainGit(path, 'commit', '-q', '--allow-empty', '-m', 'second');
  for (const base of ['v1', first, 'main~1', first.slice(0, 8)]) {
    const made = await worktrees.create({ repo, runId: newId('run', clock++), label, base });
    t.equal(made.baseCommit, first, base);
  }
  const bad = [
    'nope',
    '--upload-pack=x',
    '-x',
    '',
    '--',
    'main..v1',
    '^main',
    'a\nb',
    '--all',
    '--git-dir=/',
  ];
  for (const base of bad) {
    await t.rejects(
      worktrees.create({ repo, runId: newId('run', clock++), label, base }),
      { code: 'base_not_found' },
      base,
    );
  }
});

t.test('a repository without a commit is said to be unusable', async (t) => {
  const { root, worktrees, runId, label } = setUp(t);
  mkdirSync(join(root, 'empty'));
  plainGit(join(root, 'empty'), 'init', '-q');
  const { path } = await resolveRepo(git, join(root, 'empty'));
  const repo = { id: 'repo_x', path, trusted: false };
  await t.rejects(worktrees.create({ repo, runId, label }), {
    code: 'repo_unusable',
    message: /no commit yet/,
  });
  await t.rejects(worktrees.create({ repo: { ...repo, path: join(root, 'gone') }, runId, label }), {
    code: 'repo_unusable',
  });
});

t.test('info/exclude gets each line once, whoever comes at the same time', async (t) => {
  const { path, repo, worktrees, label } = setUp(t);
  const exclude = join(path, '.git/info/exclude');
  put(exclude, 'mine');
  await Promise.all(
    Array.from({ length: 6 }, () => worktrees.create({ repo, runId: newId('run', clock++), label })),
  );
  t.equal(readFileSync(exclude, 'utf8'), 'mine\n.drover/signals/\n.kasmos/signals/\n');
  t.equal(readFileSync(join(path, '.gitignore'), 'utf8'), 'ignored/\n');
});

t.test(
  'the diff holds committed, changed, new, removed and binary files and leaves the index alone',
  async (t) => {
    const { path, repo, worktrees, runId, label } = setUp(t);
    const made = await worktrees.create({ repo, runId, label });
    put(join(made.path, 'committed.txt'), 'c\n');
    plainGit(made.path, 'add', '-A');
    plainGit(made.path, 'commit', '-q', '-m', 'agent');
    put(join(made.path, 'a.txt'), 'changed\n');
    rmSync(join(made.path, 'b.txt'));
    put(join(made.path, 'b.txt/deep.txt'), 'a folder where a file was\n');
    put(join(made.path, 'bin'), Buffer.from([0, 1, 2, 255, 254, 10, 0]));
    put(join(made.path, 'ignored/x'), 'no');
    put(join(made.path, '.drover/signals/planner-finished-x'), 'no');
    put(join(made.path, 'odd \n"name"'), 'odd\n');
    symlinkSync('/etc/passwd', join(made.path, 'link'));
    const index = readFileSync(join(path, '.git/worktrees', runId, 'index'));
    const objects = plainGit(path, 'count-objects');

    const { patch, truncated } = await worktrees.diff({ repo, runId, baseCommit: made.baseCommit });

    t.equal(truncated, false);
    t.same(readFileSync(join(path, '.git/worktrees', runId, 'index')), index);
    t.equal(plainGit(path, 'count-objects'), objects, 'no object is left in the repository');
    for (const name of ['ignored/x', 'planner-finished', 'root:']) t.notOk(patch.includes(name), name);
    put(join(path, '../patch'), patch);
    const fresh = join(path, '../fresh');
    plainGit(path, 'clone', '-q', path, fresh);
    plainGit(fresh, 'apply', '--index', '../patch');
    t.equal(readFileSync(join(fresh, 'a.txt'), 'utf8'), 'changed\n');
    t.equal(readFileSync(join(fresh, 'committed.txt'), 'utf8'), 'c\n');
    t.equal(readFileSync(join(fresh, 'odd \n"name"'), 'utf8'), 'odd\n');
    t.same(readFileSync(join(fresh, 'bin')), Buffer.from([0, 1, 2, 255, 254, 10, 0]));
    t.ok(existsSync(join(fresh, 'b.txt/deep.txt')));
  },
);

t.test('a long diff is cut at a line and says so', async (t) => {
  const { repo, worktrees, runId, label } = setUp(t);
  const made = await worktrees.create({ repo, runId, label });
  put(join(made.path, 'long.txt'), 'a line of text\n'.repeat(50_000));
  const { patch, truncated } = await worktrees.diff({
    repo,
    runId,
    baseCommit: made.baseCommit,
    maxBytes: 100_000,
  });
  t.equal(truncated, true);
  t.ok(patch.length <= 100_200);
  t.match(patch.toString(), /\ndrover: this diff is longer than 100000 bytes and was cut here\n$/);
});

t.test('a change that the agent marked as unchanged is seen all the same', async (t) => {
  const { repo, worktrees, runId, label } = setUp(t);
  const made = await worktrees.create({ repo, runId, label });
  plainGit(made.path, 'update-index', '--assume-unchanged', 'a.txt');
  plainGit(made.path, 'update-index', '--skip-worktree', 'b.txt');
  put(join(made.path, 'a.txt'), 'hidden one\n');
  put(join(made.path, 'b.txt'), 'hidden two\n');
  const { patch } = await worktrees.diff({ repo, runId, baseCommit: made.baseCommit });
  t.match(patch.toString(), /hidden one[\s\S]*hidden two/);
});

t.test('removing saves what no branch holds', async (t) => {
  const { path, repo, worktrees, runId, label } = setUp(t);
  const made = await worktrees.create({ repo, runId, label });
  put(join(made.path, 'a.txt'), 'staged\n');
  plainGit(made.path, 'add', 'a.txt');
  put(join(made.path, 'a.txt'), 'on disk\n');
  put(join(made.path, 'new/file'), Buffer.from([0, 255, 13, 10]));
  mkdirSync(join(made.path, 'sealed'));
  put(join(made.path, 'sealed/x'), 'x');
  chmodSync(join(made.path, 'sealed'), 0o500);

  const removal = await worktrees.saveAndRemove({ repo, runId });

  const ref = `refs/drover/saved/${runId}`;
  t.match(removal, { removed: true, saved: { ref } });
  t.equal(plainGit(path, 'show', `${ref}:a.txt`), 'on disk\n');
  t.equal(plainGit(path, 'show', `${ref}^2:a.txt`), 'staged\n');
  t.equal(plainGit(path, 'show', `${ref}:sealed/x`), 'x');
  t.equal(plainGit(path, 'cat-file', '-s', `${ref}:new/file`).trim(), '4');
  t.equal(existsSync(made.path), false);
  t.equal(existsSync(`${made.path}.removing`), false);
  t.equal(existsSync(join(path, '.git/worktrees', runId)), false);
  t.equal(plainGit(path, 'branch', '--list', made.branch).trim(), made.branch);
  t.match(
    await worktrees.saveAndRemove({ repo, runId }),
    { removed: true, saved: null },
    'again is harmless',
  );
});

t.test('a clean work tree needs no saving, one with a detached HEAD does', async (t) => {
  const { path, repo, worktrees, label } = setUp(t);
  const [clean, detached] = [newId('run', clock++), newId('run', clock++)];
  await worktrees.create({ repo, runId: clean, label });
  const made = await worktrees.create({ repo, runId: detached, label });
  plainGit(made.path, 'checkout', '-q', '--detach');
  plainGit(made.path, 'commit', '-q', '--allow-empty', '-m', 'on no branch');
  const head = plainGit(made.path, 'rev-parse', 'HEAD').trim();
  t.match(await worktrees.saveAndRemove({ repo, runId: clean }), { removed: true, saved: null });
  t.match(await worktrees.saveAndRemove({ repo, runId: detached }), {
    removed: true,
    saved: { commit: head },
  });
  t.equal(plainGit(path, 'rev-parse', `refs/drover/saved/${detached}`).trim(), head);
});

t.test('work in a repository inside the work tree is never removed', async (t) => {
  const { repo, worktrees, runId, label } = setUp(t);
  const made = await worktrees.create({ repo, runId, label });
  makeRepo(join(made.path, 'inner'), { x: 'precious\n' });
  t.match(await worktrees.saveAndRemove({ repo, runId }), { removed: false, reason: /inner/ });
  t.equal(readFileSync(join(made.path, 'inner/x'), 'utf8'), 'precious\n');
});

t.test('an agent that swaps .git for its own repository does not get that one believed', async (t) => {
  const { path, repo, worktrees, runId, label } = setUp(t);
  const made = await worktrees.create({ repo, runId, label });
  put(join(made.path, 'a.txt'), 'work\n');
  rmSync(join(made.path, '.git'));
  plainGit(made.path, 'init', '-q');
  const { patch } = await worktrees.diff({ repo, runId, baseCommit: made.baseCommit });
  t.match(patch.toString(), /\+work/);
  t.match(await worktrees.saveAndRemove({ repo, runId }), { removed: true });
  t.equal(plainGit(path, 'show', `refs/drover/saved/${runId}:a.txt`), 'work\n');
});

t.test('nothing is written through a link in the git folder', async (t) => {
  const { root, path, repo, worktrees, runId, label } = setUp(t);
  mkdirSync(join(root, 'outside'));
  symlinkSync(join(root, 'outside'), join(path, '.git/refs/heads/drover'));
  await t.rejects(worktrees.create({ repo, runId, label }), {
    code: 'repo_unusable',
    message: /symbolic link/,
  });
});

t.test('a change of the same size in the second of the last `git add` was taken for none', async (t) => {
  const { path, repo, worktrees, runId, label } = setUp(t);
  const made = await worktrees.create({ repo, runId, label });
  const file = join(made.path, 'a.txt');
  const index = join(path, '.git/worktrees', runId, 'index');
  const second = (at: string) => Math.floor(statSync(at).mtimeMs / 1000);
  do {
    put(file, 'aaaa\n');
    plainGit(made.path, 'add', 'a.txt');
    put(file, 'bbbb\n');
  } while (second(file) !== second(index));
  await until('the next second', () => Date.now() / 1000 > second(index) + 1);

  const { patch } = await worktrees.diff({ repo, runId, baseCommit: made.baseCommit });
  await worktrees.saveAndRemove({ repo, runId });

  t.match(patch.toString(), /\+bbbb/);
  t.equal(plainGit(path, 'show', `refs/drover/saved/${runId}:a.txt`), 'bbbb\n');
  t.equal(plainGit(path, 'show', `refs/drover/saved/${runId}^2:a.txt`), 'aaaa\n');
});
