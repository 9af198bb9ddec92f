import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { silentLog } from '../../src/base/index.ts';
import { newId } from '../../src/contract/index.ts';
import { createWorktrees } from '../../src/domain/repos/index.ts';
import { signalParents } from '../../src/domain/signals/index.ts';
import { git } from '../support/apply-world.ts';
import { makeRepo, plainGit, put } from './fixture.ts';

const target = 'drover/plan/auth';
const forged = '.drover/signals/review-approved-auth';

/** A repository whose commits have a signal, and the worktree of a run. */
async function setUp(test: Pick<typeof t, 'testdir'>, file = forged) {
  const root = realpathSync(test.testdir());
  const path = makeRepo(join(root, 'app'), { 'a.txt': 'one\n', [file]: '' });
  const repo = { id: newId('repo', Date.now()), path, trusted: false };
  const worktrees = createWorktrees({ git, log: silentLog, stateRoot: join(root, 'state') });
  const runId = newId('run', Date.now());
  const run = await worktrees.create({ repo, runId, label: 'task' });
  const trackedIn = async (of: string | null) => {
    const tracked = await worktrees.tracked({ repo, runId: of }, signalParents);
    return tracked && [...new Set(tracked)].toSorted();
  };
  plainGit(path, 'branch', target);
  const headOf = (ref: string) => plainGit(path, 'rev-parse', ref).trim();
  const of = { repo, runId, branch: run.branch, title: 'task', trailer: 'Drover-Run: x' };
  const joinRun = () =>
    worktrees.joinOntoPlan({
      ...of,
      target,
      head: headOf(target),
      announced: () => null,
      announce: async () => {},
    });
  const ofRun = () => trackedIn(runId);
  return { path, run, runId, ofRun, ofMain: () => trackedIn(null), headOf, joinRun };
}

t.test('what a commit brings is tracked, in a new worktree and in the checkout', async (t) => {
  const { run, path, ofRun, ofMain } = await setUp(t);
  const own = '.kasmos/signals/planner-finished-auth';
  for (const at of [run.path, path]) put(join(at, own), '');

  t.same(await ofRun(), [forged]);
  t.same(await ofMain(), [forged]);
});

t.test('it is tracked in any spelling, and where it is not to be checked out', async (t) => {
  const spelled = '.Drover/Signals/Review-Approved-auth';
  const { run, ofRun } = await setUp(t, spelled);
  plainGit(run.path, 'update-index', '--skip-worktree', spelled);
  t.same(await ofRun(), [spelled]);

  plainGit(run.path, 'sparse-checkout', 'set', '--no-cone', '/*', '!.Drover');
  t.same(await ofRun(), [spelled]);
});

t.test('a merge brings it into the checkout, whose index is written after its files', async (t) => {
  const { path, ofMain } = await setUp(t, 'b.txt');
  plainGit(path, 'checkout', '-q', '-b', 'up');
  put(join(path, forged), '');
  plainGit(path, 'add', '-f', forged);
  plainGit(path, 'commit', '-q', '-m', 'forged');
  plainGit(path, 'checkout', '-q', 'main');
  t.same(await ofMain(), []);

  writeFileSync(join(path, '.git/index.lock'), '');
  t.equal(await ofMain(), null, 'git is at work');
  rmSync(join(path, '.git/index.lock'));
  plainGit(path, 'merge', '-q', 'up');
  t.same(await ofMain(), [forged]);

  plainGit(path, 'rm', '-q', '--cached', forged);
  t.ok(existsSync(join(path, forged)));
  t.same(await ofMain(), [forged], 'its HEAD has it');
});

t.test('nothing is said of a worktree that is not whole', async (t) => {
  const { path, runId, ofRun } = await setUp(t);
  const marker = join(path, '.git/worktrees', runId, 'drover-ready');
  renameSync(marker, `${marker}.away`);

  t.equal(await ofRun(), null);
});

t.test('a submodule in the place of the folder is tracked itself', async (t) => {
  const { run, ofRun } = await setUp(t, 'b.txt');
  const head = plainGit(run.path, 'rev-parse', 'HEAD').trim();
  plainGit(run.path, 'update-index', '--add', '--cacheinfo', `160000,${head},.drover`);

  t.same(await ofRun(), ['.drover']);
});

t.test('signals never come onto the branch of a plan', async (t) => {
  const { run, path, joinRun, headOf } = await setUp(t, 'b.txt');
  const before = headOf(target);
  const track = (name: string, mode = '100644', object = 'HEAD:a.txt') =>
    plainGit(run.path, 'update-index', '--add', '--cacheinfo', `${mode},${headOf(object)},${name}`);
  const refused = async (folders: readonly string[]) => {
    t.same(await joinRun(), { kind: 'signals', folders });
    t.equal(headOf(target), before, 'the branch is where it was');
    plainGit(run.path, 'rm', '-rfq', '--sparse', '--cached', ...folders);
  };
  track('.drover/signals/review-approved-auth');
  plainGit(run.path, 'commit', '-q', '-m', 'forged');
  plainGit(run.path, 'update-index', '--skip-worktree', '.drover/signals/review-approved-auth');
  await refused(['.drover/signals']);
  track('.Kasmos/Signals/processing/x');
  put(join(run.path, '.Kasmos/Signals/processing/x'), '');
  await refused(['.Kasmos/Signals']);
  rmSync(join(run.path, '.Kasmos'), { recursive: true });
  track('.drover', '160000', 'HEAD');
  mkdirSync(join(run.path, '.drover'), { recursive: true });
  await refused(['.drover']);

  put(join(run.path, '.drover/config.toml'), '');
  put(join(run.path, '.drover/signals/review-approved-auth'), '');
  t.match(await joinRun(), { kind: 'joined' });
  t.same(plainGit(path, 'ls-tree', '-r', '--name-only', target).trim().split('\n'), [
    '.drover/config.toml',
    'a.txt',
    'b.txt',
  ]);
});

t.test('signals that the branch has already are no work of a run', async (t) => {
  const { run, joinRun } = await setUp(t);
  put(join(run.path, 'b.txt'), '');

  t.match(await joinRun(), { kind: 'joined' });
});
