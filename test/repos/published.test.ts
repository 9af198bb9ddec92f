/** A run that pushes, or moves the base, is found out: against real git, with a bare remote. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { silentLog } from '../../src/base/index.ts';
import { newId } from '../../src/contract/index.ts';
import { createWorktrees } from '../../src/domain/repos/index.ts';
import { git } from '../support/apply-world.ts';
import { makeRepo, plainGit, put } from './fixture.ts';

t.test(
  'commits of a run are found on its base and on branches of remotes, and nobody else’s are',
  async (t) => {
    const root = realpathSync(t.testdir());
    const path = makeRepo(join(root, 'app'));
    plainGit(root, 'clone', '-q', '--bare', path, 'remote.git');
    plainGit(path, 'remote', 'add', 'origin', join(root, 'remote.git'));
    plainGit(path, 'fetch', '-q', 'origin');
    const from = plainGit(path, 'rev-parse', 'main').trim();
    plainGit(path, 'branch', 'drover/plan/auth');
    const repo = { id: newId('repo', Date.now()), path, trusted: false };
    const worktrees = createWorktrees({ git, log: silentLog, stateRoot: join(root, 'state') });
    const runId = newId('run', Date.now());
    const made = await worktrees.create({ repo, runId, base: 'drover/plan/auth', label: 'task' });
    const since = Date.now();
    const published = (base = 'main') =>
      worktrees.published({ repo, runId, branch: made.branch, from, base, since });
    const commit = (cwd: string, name: string) => {
      put(join(cwd, name), 'text\n');
      plainGit(cwd, 'add', '-A');
      plainGit(cwd, 'commit', '-q', '-m', name);
    };

    t.same(await published(), [], 'nothing is committed');
    commit(made.path, 'one.txt');
    plainGit(path, 'branch', 'a-look', made.branch);
    t.same(await published(), [], 'a branch that is no base is nobody’s business');

    plainGit(made.path, 'push', '-q', 'origin', 'HEAD:refs/heads/evil');
    commit(made.path, 'two.txt');
    t.same(await published(), ['origin/evil'], 'also when it has gone on since');
    plainGit(path, 'update-ref', 'refs/heads/main', made.branch);
    t.same(await published(), ['main', 'origin/evil']);
    t.same(await published('trunk'), ['origin/evil'], 'a base that is gone has nothing');
  },
);

t.test('what a run has fetched and merged is not its own', async (t) => {
  const root = realpathSync(t.testdir());
  const path = makeRepo(join(root, 'app'));
  const from = plainGit(path, 'rev-parse', 'main').trim();
  const repo = { id: newId('repo', Date.now()), path, trusted: false };
  const worktrees = createWorktrees({ git, log: silentLog, stateRoot: join(root, 'state') });
  const runId = newId('run', Date.now());
  const made = await worktrees.create({ repo, runId, base: 'main', label: 'task' });
  put(join(path, 'theirs.txt'), 'text\n');
  plainGit(path, 'add', '-A');
  plainGit(path, 'commit', '-q', '-m', 'theirs');
  put(join(made.path, 'mine.txt'), 'text\n');
  plainGit(made.path, 'add', '-A');
  plainGit(made.path, 'commit', '-q', '-m', 'mine');
  plainGit(made.path, 'merge', '-q', '--no-edit', 'main');

  const of = { repo, runId, branch: made.branch, from, base: 'main', since: Date.now() - 60_000 };
  t.same(await worktrees.published(of), []);
});
