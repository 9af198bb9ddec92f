import { chownSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { silentLog } from '../../src/base/index.ts';
import { resolveRepo } from '../../src/domain/repos/index.ts';
import { createGit } from '../../src/foundation/git/index.ts';
import { makeRepo, plainGit, put } from './fixture.ts';

const git = createGit({ env: process.env, log: silentLog });

function setUp(test: Pick<typeof t, 'testdir'>) {
  const root = realpathSync(test.testdir({ notes: {} }));
  return { root, path: makeRepo(join(root, 'app'), { 'src/a.txt': 'a' }) };
}

t.test('links, sub-directories and linked work trees lead to the main work tree', async (t) => {
  const { root, path } = setUp(t);
  symlinkSync(path, join(root, 'link'));
  symlinkSync(join(path, 'src'), join(root, 'deep'));
  plainGit(path, 'worktree', 'add', '-q', '-b', 'side', '../linked');
  const spellings = [path, join(path, 'src'), join(root, 'link'), join(root, 'link/src'), join(root, 'deep')];
  const odd = [
    `${path}/`,
    `${path}/.`,
    `${root}//app`,
    join(root, 'linked'),
    join(root, 'linked/src'),
    `${path}/src/..`,
  ];
  for (const spelling of [...spellings, ...odd]) {
    t.match(await resolveRepo(git, spelling), { path, gitDir: join(path, '.git') }, spelling);
  }
});

t.test('names with spaces, quotes, newlines and other scripts are kept', async (t) => {
  const { root } = setUp(t);
  for (const name of ['a b', "it's", 'пример', 'new\nline', '-dash', '$HOME', 'e\u0301']) {
    const path = makeRepo(join(root, name));
    t.equal((await resolveRepo(git, path)).path, path, JSON.stringify(name));
  }
});

t.test('what is no repository is refused with a reason', async (t) => {
  const { root, path } = setUp(t);
  put(join(root, 'file'), '');
  symlinkSync('loop', join(root, 'loop'));
  plainGit(root, 'init', '-q', '--bare', 'bare.git');
  mkdirSync(join(root, 'broken/.git'), { recursive: true });
  put(join(root, 'odd/.git'), 'gitdir: /nowhere');
  const cases: Record<string, string> = {
    [join(root, 'missing')]: 'not_a_directory',
    [join(root, 'file')]: 'not_a_directory',
    [join(root, 'loop')]: 'not_a_directory',
    app: 'not_a_directory',
    '': 'not_a_directory',
    [`${path}\0`]: 'not_a_directory',
    '/': 'not_a_repo',
    [join(root, 'odd')]: 'not_a_repo',
    [join(path, '.git')]: 'not_a_repo',
    [join(path, '.git/refs')]: 'not_a_repo',
    [join(root, 'bare.git')]: 'repo_bare',
    [join(root, 'bare.git/refs')]: 'repo_bare',
  };
  for (const [at, code] of Object.entries(cases)) {
    await t.rejects(resolveRepo(git, at), { code, message: /\S/ }, `${code}: ${JSON.stringify(at)}`);
  }
});

t.test('a work tree of a bare repository stands for itself', async (t) => {
  const { root, path } = setUp(t);
  plainGit(root, 'clone', '-q', '--bare', path, 'pool/.git');
  plainGit(root, '--git-dir=pool/.git', 'worktree', 'add', '-q', '-b', 'one', join(root, 'pool/one'));
  t.equal((await resolveRepo(git, join(root, 'pool/one'))).path, join(root, 'pool/one'));
  await t.rejects(resolveRepo(git, join(root, 'pool')), { code: 'repo_bare' });
});

t.test('a folder that borrows another repository or another place is refused', async (t) => {
  const { root, path } = setUp(t);
  put(join(root, 'borrower/.git'), `gitdir: ${path}/.git`);
  await t.rejects(resolveRepo(git, join(root, 'borrower')), { code: 'not_a_repo' });

  plainGit(path, 'worktree', 'add', '-q', '-b', 'side', '../linked');
  put(join(root, 'thief/.git'), `gitdir: ${path}/.git/worktrees/linked`);
  await t.rejects(resolveRepo(git, join(root, 'thief')), { code: 'not_a_repo', message: /does not know it/ });

  for (const [name, target] of Object.entries({ up: root, home: '/', other: path })) {
    const evil = makeRepo(join(root, 'evil', name));
    plainGit(evil, 'config', 'core.worktree', target);
    await t.rejects(resolveRepo(git, evil), { code: 'not_a_repo' }, name);
  }
});

t.test(
  'a repository of another user is refused',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const { root } = setUp(t);
    for (const part of ['', '.git', '.git/config']) {
      const path = makeRepo(join(root, `foreign${part.replaceAll('/', '-')}`));
      chownSync(join(path, part), 65534, 65534);
      await t.rejects(resolveRepo(git, path), { code: 'repo_foreign_owner' }, part);
    }
  },
);

t.test('a configuration that cannot be read is a reason, not a hang', async (t) => {
  const { root } = setUp(t);
  const broken = makeRepo(join(root, 'broken'));
  writeFileSync(join(broken, '.git/config'), '[core\n');
  await t.rejects(resolveRepo(git, broken), { code: 'not_a_repo', message: /bad config/ });
});
