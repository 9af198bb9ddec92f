import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { silentLog } from '../../src/base/index.ts';
import { newId, noBranchPattern, planNamePattern } from '../../src/contract/index.ts';
import { createWorktrees } from '../../src/domain/repos/index.ts';
import { signalFolders } from '../../src/domain/signals/index.ts';
import { git } from '../support/apply-world.ts';
import { makeRepo, plainGit, put } from './fixture.ts';

const target = 'drover/plan/auth';

/** A repository with the branch of a plan, and a run with a worktree. */
async function setUp(test: Pick<typeof t, 'testdir'>, format: 'sha1' | 'sha256' = 'sha1') {
  const root = realpathSync(test.testdir());
  const path = makeRepo(join(root, 'app'), undefined, format);
  plainGit(path, 'branch', target);
  const repo = { id: newId('repo', Date.now()), path, trusted: false };
  const worktrees = createWorktrees({ git, log: silentLog, stateRoot: join(root, 'state') });
  const start = async () => {
    const runId = newId('run', Date.now());
    const made = await worktrees.create({ repo, runId, base: target, label: 'task' });
    return { ...made, of: { repo, runId, branch: made.branch }, since: Date.now() };
  };
  const run = await start();
  const headOf = (ref: string) => plainGit(path, 'rev-parse', ref).trim();
  const commit = (cwd: string, name: string, text = 'text\n') => {
    put(join(cwd, name), text);
    plainGit(cwd, 'add', '-A');
    plainGit(cwd, 'commit', '-q', '-m', `change ${name}`);
  };
  let announced: string | null = null;
  const announce = async (to: string) => {
    announced = to;
  };
  const words = { title: 'task', trailer: 'Drover-Run: x' };
  const joinRun = (head = headOf(target)) =>
    worktrees.joinOntoPlan({ ...run.of, ...words, target, head, announced: () => announced, announce });
  const foreign = () => worktrees.foreignBranch({ ...run.of, taken: [target, 'main'], since: run.since });
  return { root, path, repo, worktrees, run, start, headOf, commit, joinRun, foreign };
}

/** The second in which a branch is made is over: its log counts by seconds. */
function nextSecond(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000) + 5));
}

t.test('a branch that a run has made itself is its own, those of others are not', async (t) => {
  const { path, run, foreign, start, commit } = await setUp(t);
  const out = (...args: string[]) =>
    plainGit(run.path, 'checkout', '-q', '--ignore-other-worktrees', ...args);

  t.equal(await foreign(), null, 'its own');
  out('-b', 'fresh');
  commit(run.path, 'fresh.txt');
  t.equal(await foreign(), null, 'made by it');
  out('--detach');
  t.equal(await foreign(), null, 'none');
  for (const branch of ['main', target]) {
    out(branch);
    t.equal(await foreign(), branch);
  }
  const other = await start();
  out(other.branch);
  t.equal(await foreign(), other.branch, 'of another run');
  plainGit(path, 'worktree', 'add', '-q', '-b', 'side', '../side');
  out('side');
  t.equal(await foreign(), 'side', 'checked out by a person');
});

for (const hasLog of [true, false]) {
  const of = hasLog ? 'by its log' : 'by its commits, where it keeps no log';
  t.test(`a person's own branch is known ${of}`, async (t) => {
    const world = await setUp(t);
    const { path, run, worktrees, commit } = world;
    plainGit(path, 'config', 'core.logAllRefUpdates', String(hasLog));
    plainGit(path, 'checkout', '-q', '-b', 'secret');
    commit(path, 'secret.txt');
    plainGit(path, 'checkout', '-q', 'main');
    await nextSecond();
    const since = Date.now();
    const foreign = () => worktrees.foreignBranch({ ...run.of, taken: [], since });

    plainGit(run.path, 'checkout', '-q', 'secret');
    commit(run.path, 'more.txt');
    t.equal(await foreign(), 'secret');
    plainGit(run.path, 'checkout', '-q', '-b', 'mine', target);
    commit(run.path, 'mine.txt');
    t.equal(await foreign(), null);
  });
}

t.test('what lies in a repository inside the worktree is not left out in silence', async (t) => {
  const { run, headOf, commit, joinRun } = await setUp(t);
  commit(run.path, 'plain.txt');
  const before = headOf(target);
  mkdirSync(join(run.path, 'sub'));
  plainGit(join(run.path, 'sub'), 'init', '-q');
  put(join(run.path, 'sub/lost.txt'), 'work');

  t.same(await joinRun(), { kind: 'nested', folders: ['sub'] });

  commit(join(run.path, 'sub'), 'kept.txt');
  plainGit(run.path, 'add', '-A');
  plainGit(run.path, 'commit', '-q', '-m', 'with a link to it');
  t.same(await joinRun(), { kind: 'nested', folders: ['sub'] }, 'committed as a link, too');
  t.equal(headOf(target), before);
});

t.test('what lies in a signal folder is no work, whichever folder it is', async (t) => {
  const { path, run, start, headOf, joinRun } = await setUp(t);
  const exclude = join(path, '.git/info/exclude');
  const lines = readFileSync(exclude, 'utf8');
  put(exclude, lines.replace('.kasmos/signals/\n', ''));
  await start();
  t.equal(readFileSync(exclude, 'utf8'), lines, 'the line that is missing is added, the other is not');
  for (const folder of signalFolders) put(join(run.path, folder, 'failed/advance-auth'), 'no');
  put(join(run.path, 'work.txt'), 'work');

  t.match(await joinRun(), { kind: 'joined' });
  t.equal(plainGit(path, 'ls-tree', '-r', '--name-only', headOf(target)), 'a.txt\nwork.txt\n');
});

t.test('a submodule is no repository of the run, but what is only in it is told', async (t) => {
  const { root, run, headOf, joinRun } = await setUp(t);
  const library = makeRepo(join(root, 'library'));
  const lib = join(run.path, 'lib');
  const unpushed = { kind: 'unpushed', folders: ['lib'] };
  plainGit(run.path, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
  plainGit(run.path, 'commit', '-q', '-m', 'with a library');
  const before = headOf(target);

  put(join(lib, 'new.txt'), 'work');
  t.same(await joinRun(), unpushed, 'not committed');
  plainGit(lib, 'add', '-A');
  plainGit(lib, 'commit', '-q', '-m', 'in the library');
  t.same(await joinRun(), unpushed, 'not pushed');
  plainGit(run.path, 'commit', '-q', '-a', '-m', 'the link to it');
  t.same(await joinRun(), unpushed, 'the link to it is committed');
  t.equal(headOf(target), before);

  plainGit(lib, 'push', '-q', 'origin', 'HEAD:refs/heads/more');
  t.match(await joinRun(), { kind: 'joined' }, 'pushed');
  t.equal(plainGit(run.path, 'rev-parse', `${target}:lib`), plainGit(lib, 'rev-parse', 'HEAD'));
});

t.test('a submodule whose git folder is elsewhere is not believed to be empty', async (t) => {
  const { root, run, joinRun } = await setUp(t);
  const library = makeRepo(join(root, 'library'));
  plainGit(run.path, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
  plainGit(run.path, 'commit', '-q', '-m', 'with a library');
  put(join(run.path, 'lib/.git'), `gitdir: ${join(library, '.git')}\n`);

  t.same(await joinRun(), { kind: 'unpushed', folders: ['lib'] });
});

t.test('a branch that somebody has checked out is neither moved nor taken away', async (t) => {
  const { root, path, repo, worktrees, run, start, headOf, commit, joinRun } = await setUp(t);
  commit(run.path, 'work.txt');
  const head = headOf(target);
  const other = await start();
  const places = {
    'the main checkout': path,
    'another worktree': join(root, 'side'),
    'the worktree of a run': other.path,
  };
  plainGit(path, 'worktree', 'add', '-q', '--detach', '../side');

  for (const [what, place] of Object.entries(places)) {
    plainGit(place, 'checkout', '-q', target);
    const refused = { code: 'checkout_busy', message: new RegExp(`${place}.*drover plan retry auth`) };
    await t.rejects(joinRun(), refused, what);
    const move = { branch: target, from: head, to: headOf(run.branch) };
    await t.rejects(worktrees.moveBranch(repo, move), refused, what);
    await t.rejects(worktrees.setBranchAside(repo, { branch: target, aside: 'x/1' }), refused, what);
    t.equal(plainGit(place, 'status', '--porcelain'), '', `${what}: nothing is changed there`);
    plainGit(place, 'checkout', '-q', '--detach');
  }

  t.match(await joinRun(), { kind: 'joined' });
});

t.test('a branch that somebody rebases or bisects is neither moved nor taken away', async (t) => {
  const { root, path, repo, worktrees, run, headOf, commit, joinRun } = await setUp(t);
  const side = join(root, 'side');
  plainGit(path, 'worktree', 'add', '-q', side, target);
  commit(side, 'a.txt', 'theirs\n');
  commit(side, 'b.txt');
  const head = headOf(target);
  commit(path, 'a.txt', 'ours\n');
  plainGit(side, 'checkout', '-q', '--detach');
  commit(run.path, 'work.txt');
  const busy = async (place: string, what: string) => {
    t.not(plainGit(place, 'rev-parse', '--abbrev-ref', 'HEAD'), `${target}\n`, `${what}: HEAD does not tell`);
    const refused = { code: 'checkout_busy', message: new RegExp(`${place}: .*drover plan retry auth`) };
    await t.rejects(joinRun(), refused, what);
    await t.rejects(worktrees.moveBranch(repo, { branch: target, from: head, to: headOf('main') }), refused);
    await t.rejects(worktrees.setBranchAside(repo, { branch: target, aside: 'x/1' }), refused, what);
    t.equal(headOf(target), head, what);
  };

  for (const place of [side, path]) {
    for (const how of ['--merge', '--apply']) {
      plainGit(place, 'checkout', '-q', target);
      t.throws(() => plainGit(place, 'rebase', '-q', how, 'main'), /conflict|Failed to merge/i);
      await busy(place, `rebase ${how}`);
      plainGit(place, 'rebase', '--abort');
      plainGit(place, 'checkout', '-q', '--detach');
    }
    plainGit(place, 'checkout', '-q', target);
    plainGit(place, 'bisect', 'start', 'HEAD', 'HEAD~2');
    await busy(place, 'bisect');
    plainGit(place, 'bisect', 'reset');
    plainGit(place, 'checkout', '-q', '--detach');
  }

  t.match(await joinRun(), { kind: 'joined' });
});

t.test('a checkout whose folder is gone holds nothing', async (t) => {
  const { root, path, run, commit, joinRun } = await setUp(t);
  commit(run.path, 'work.txt');
  plainGit(path, 'worktree', 'add', '-q', '../side', target);
  put(join(path, '.git/worktrees/side/BISECT_START'), `${target}\n`);
  rmSync(join(root, 'side'), { recursive: true });

  t.match(await joinRun(), { kind: 'joined' });
});

t.test('a name of a plan is refused exactly where git knows no such branch', async (t) => {
  const pieces = ['a', '1', '.', '..', '-', '_', 'lock', '.lock', '.lock.', 'head'];
  const names = pieces.flatMap((one) => pieces.flatMap((two) => [`a${one}${two}`, `a${one}${two}b`]));

  for (const name of names.filter((one) => planNamePattern.test(one))) {
    const isBranch = spawnSync('git', ['check-ref-format', `refs/heads/drover/plan/${name}`]).status === 0;
    t.equal(noBranchPattern.test(name), !isBranch, name);
  }
});

t.test('a repository without a commit says so, whatever base is wanted of it', async (t) => {
  const { root, worktrees, repo } = await setUp(t);
  const path = join(root, 'empty');
  mkdirSync(path);
  plainGit(path, 'init', '-q', '-b', 'main');
  const empty = { ...repo, path };

  for (const base of [undefined, 'HEAD', 'main'])
    await t.rejects(worktrees.findBase(empty, base), { code: 'repo_unusable', message: /has no commit yet/ });
  await t.rejects(worktrees.findBase(repo, 'nowhere'), { code: 'base_not_found' });
});

t.test('lines are counted whatever the repository says of its files', async (t) => {
  const { root, path, repo, worktrees, headOf, commit } = await setUp(t);
  const library = makeRepo(join(root, 'library'));
  commit(path, 'plain.txt', '1\n');
  commit(path, 'a.lock', '1\n');
  commit(path, 'run.sh', '1\n');
  commit(path, 'both.sh', '1\n');
  commit(path, 'logo.png', 'a\0b\nc\n');
  plainGit(path, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
  commit(path, '.gitattributes', '*.lock -diff\nboth.sh binary\n');
  put(join(path, '.git/info/attributes'), 'plain.txt binary\n');
  plainGit(path, 'config', 'diff.ignoreSubmodules', 'all');
  const counted = async (change: () => void) => {
    const from = headOf('main');
    change();
    plainGit(path, '-c', 'diff.ignoreSubmodules=none', 'commit', '-qa', '--allow-empty', '-m', 'change');
    return (await worktrees.compare(repo, from, headOf('main'))).lines;
  };
  const before = headOf('main');
  const many = 'line\n'.repeat(2000);

  t.equal(await counted(() => put(join(path, 'a.lock'), many)), 2001, 'by .gitattributes');
  t.equal(await counted(() => put(join(path, 'plain.txt'), many)), 2001, 'by info/attributes');
  t.equal(await counted(() => put(join(path, 'logo.png'), `\0${many}`)), 1, 'a binary file');
  t.equal(await counted(() => chmodSync(join(path, 'run.sh'), 0o755)), 1, 'a mode');
  const both = () => {
    put(join(path, 'both.sh'), '1\n2\n');
    chmodSync(join(path, 'both.sh'), 0o755);
  };
  t.equal(await counted(both), 2, 'a line and a mode');
  t.equal(await counted(() => commit(path, 'empty.txt', '')), 1, 'a file of no lines');
  t.equal(await counted(() => commit(join(path, 'lib'), 'more.txt')), 2, 'the commit of a submodule');
  const { stat } = await worktrees.compare(repo, before, headOf('main'));
  for (const told of [/a\.lock +\| 2001/, /run\.sh \(mode \+x\)/, /lib +\| +2/]) t.match(stat, told);
});

t.test('a repository may name its objects by SHA-256', async (t) => {
  const { repo, worktrees, run, headOf, commit, joinRun } = await setUp(t, 'sha256');
  const from = headOf(target);
  commit(run.path, 'work.txt', '1\n2\n');

  t.match(await joinRun(), { kind: 'joined' });
  t.match(await worktrees.compare(repo, from, headOf(target)), {
    lines: 2,
    tree: headOf(`${target}^{tree}`),
  });
  await worktrees.setBranchAside(repo, { branch: target, aside: 'x/1' });
  await worktrees.moveBranch(repo, { branch: target, from: null, to: from });
  t.equal(headOf(target), from);
});

t.test('a base is the branch of its name, not the tag', async (t) => {
  const { path, repo, worktrees, headOf, commit } = await setUp(t);
  const first = headOf('main');
  plainGit(path, 'tag', 'v1.2');
  plainGit(path, 'checkout', '-q', '-b', 'v1.2');
  commit(path, 'newer.txt');
  const newer = headOf('refs/heads/v1.2');
  const { branch } = await worktrees.describeMain(repo);

  t.equal(await worktrees.findBase(repo, branch ?? undefined), newer, 'what is checked out');
  t.equal(await worktrees.findBase(repo, 'v1.2~1'), first);
  t.equal(await worktrees.findBase(repo, 'refs/tags/v1.2'), first);
  t.equal(await worktrees.findBase(repo, 'tags/v1.2'), first);
});

t.test('a branch with the name of something else is not taken for it', async (t) => {
  const { path, repo, worktrees, headOf, commit } = await setUp(t);
  const first = headOf('main');
  commit(path, 'newer.txt');
  const newer = headOf('main');
  for (const name of ['HEAD', newer, 'refs/heads/main'])
    plainGit(path, 'update-ref', `refs/heads/${name}`, first);

  for (const base of ['HEAD', 'HEAD~0', newer, `${newer}~0`, 'refs/heads/main'])
    t.equal(await worktrees.findBase(repo, base), newer, base);
});

t.test('after a crash a branch is where this join has put it, or somebody else has', async (t) => {
  const { path, run, headOf, commit, joinRun } = await setUp(t);
  const before = headOf(target);
  commit(run.path, 'task.txt');
  const joined = await joinRun();
  t.equal(joined.kind, 'joined');
  t.same(await joinRun(before), joined, 'the crash came before it was noted');

  // The branch is ahead, and the run adds nothing to it: that alone does not make it drover's.
  const after = headOf(target);
  commit(run.path, 'evil.txt');
  plainGit(path, 'update-ref', `refs/heads/${target}`, headOf(run.branch));
  t.match(await joinRun(after), { kind: 'moved', commit: headOf(run.branch) });
});
