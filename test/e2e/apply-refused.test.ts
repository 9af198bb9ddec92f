import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { plainGit, put } from '../repos/fixture.ts';
import { bytesAt, setUp } from '../support/apply-world.ts';

t.setTimeout(600_000);

t.test(
  'changes of the person in the way are refused with their names, and nothing has changed',
  async (t) => {
    const cases: Record<
      string,
      { files: readonly string[]; person: (path: string) => void; agent?: (path: string) => void }
    > = {
      'a changed file': { files: ['b.txt'], person: (path) => put(join(path, 'b.txt'), 'mine\n') },
      'a staged file': {
        files: ['b.txt'],
        person: (path) => {
          put(join(path, 'b.txt'), 'mine\n');
          plainGit(path, 'add', 'b.txt');
        },
      },
      'a file removed by hand': { files: ['b.txt'], person: (path) => plainGit(path, 'rm', '-q', 'b.txt') },
      'an untracked file': { files: ['new.txt'], person: (path) => put(join(path, 'new.txt'), 'mine\n') },
      'an ignored file': { files: ['x.local'], person: (path) => put(join(path, 'x.local'), 'mine\n') },
      'a file meant to be added': {
        files: ['new.txt'],
        person: (path) => {
          put(join(path, 'new.txt'), 'mine\n');
          plainGit(path, 'add', '-N', 'new.txt');
        },
      },
      'ignored files in a folder where a file comes': {
        files: ['folder/deep/x.local', 'folder/y.local'],
        person: (path) => {
          put(join(path, 'folder/deep/x.local'), 'mine\n');
          put(join(path, 'folder/y.local'), 'mine\n');
        },
      },
      'an ignored file where a folder comes': {
        files: ['sub.local'],
        person: (path) => put(join(path, 'sub.local'), 'mine\n'),
      },
      'an ignored link where a folder comes': {
        files: ['sub.local'],
        person: (path) => symlinkSync('/etc', join(path, 'sub.local')),
      },
      'a change in a folder that goes': {
        files: ['dir/c.txt'],
        person: (path) => put(join(path, 'dir/c.txt'), 'mine\n'),
      },
      'a new file in a folder that goes': {
        files: ['dir/staged.txt'],
        person: (path) => {
          put(join(path, 'dir/staged.txt'), 'mine\n');
          plainGit(path, 'add', 'dir/staged.txt');
        },
      },
      'a file that git is told to take for unchanged': {
        files: ['b.txt'],
        person: (path) => {
          plainGit(path, 'update-index', '--assume-unchanged', 'b.txt');
          put(join(path, 'b.txt'), 'mine\n');
        },
      },
      'a file that git is told to skip': {
        files: ['b.txt'],
        person: (path) => {
          plainGit(path, 'update-index', '--skip-worktree', 'b.txt');
          put(join(path, 'b.txt'), 'mine\n');
        },
      },
    };
    for (const [name, { files, person }] of Object.entries(cases)) {
      await t.test(name, async (t) => {
        const { path, made, apply, picture } = await setUp(t);
        put(join(made.path, 'b.txt'), 'agent\n');
        put(join(made.path, 'new.txt'), 'agent\n');
        put(join(made.path, 'x.local'), 'agent\n');
        put(join(made.path, 'folder'), 'agent\n');
        put(join(made.path, 'sub.local/deep/z'), 'agent\n');
        plainGit(made.path, 'add', '-f', 'x.local', 'sub.local/deep/z');
        plainGit(made.path, 'rm', '-q', '-r', 'dir');
        put(join(made.path, 'dir'), 'a file now\n');
        person(path);
        const before = [...picture(), ...files.map((file) => bytesAt(join(path, file)))];

        for (const squash of [false, true]) {
          await t.rejects(apply({ squash }), { code: 'checkout_changed', fields: { files } });
          const after = [...picture(), ...files.map((file) => bytesAt(join(path, file)))];
          t.same(after, before);
        }
      });
    }
  },
);

t.test('changes of the person elsewhere stay exactly as they are', async (t) => {
  const { path, made, apply, said } = await setUp(t);
  put(join(made.path, 'new.txt'), 'x\n');
  put(join(path, 'a.txt'), 'staged\n');
  plainGit(path, 'add', 'a.txt');
  put(join(path, 'a.txt'), 'staged and changed\n');
  put(join(path, 'b.txt'), 'changed\n');
  put(join(path, 'mine.txt'), 'untracked\n');
  put(join(path, 'mine.local'), 'ignored\n');

  for (const squash of [true, false]) {
    await apply({ squash });
    t.equal(said('status', '--porcelain'), `MM a.txt\n M b.txt${squash ? '\nA  new.txt' : ''}\n?? mine.txt`);
    t.equal(said('show', ':a.txt'), 'staged');
    t.equal(readFileSync(join(path, 'a.txt'), 'utf8'), 'staged and changed\n');
    t.equal(readFileSync(join(path, 'mine.local'), 'utf8'), 'ignored\n');
    if (squash) plainGit(path, 'rm', '-q', '-f', 'new.txt');
  }
});

t.test('nothing is applied into what is under way', async (t) => {
  const { path, made, apply, commit, picture } = await setUp(t);
  put(join(made.path, 'new.txt'), 'x\n');
  plainGit(path, 'checkout', '-q', '-b', 'other');
  commit(path, 'a.txt', 'other\n');
  plainGit(path, 'checkout', '-q', 'main');
  commit(path, 'a.txt', 'mine\n');
  const begin: Record<string, string[]> = {
    merge: ['merge', '-q', 'other'],
    rebase: ['rebase', '-q', 'other'],
    'cherry-pick': ['cherry-pick', 'other'],
    revert: ['revert', '--no-edit', 'HEAD~1'],
  };
  for (const [what, args] of Object.entries(begin)) {
    if (what === 'revert') commit(path, 'a.txt', 'again\n');
    t.throws(() => plainGit(path, ...args), what);
    const before = picture();
    await t.rejects(apply({ squash: true }), { code: 'checkout_busy', message: new RegExp(what) }, what);
    t.same(picture(), before);
    plainGit(path, what, '--abort');
  }

  put(join(path, 'a.txt'), 'stashed\n');
  plainGit(path, 'stash', '-q');
  commit(path, 'a.txt', 'in conflict with the stash\n');
  t.throws(() => plainGit(path, 'stash', 'pop'));
  await t.rejects(apply(), { code: 'checkout_busy', message: /conflicts that are not resolved/ });
});

t.test('squash works on a detached HEAD, commits are refused there', async (t) => {
  const { path, made, apply, said, picture } = await setUp(t);
  put(join(made.path, 'b.txt'), 'x\n');
  plainGit(path, 'checkout', '-q', '--detach');
  const before = picture();

  await t.rejects(apply(), { code: 'checkout_busy', message: /detached/, hint: /--squash/ });
  t.same(picture(), before);
  t.match(await apply({ squash: true }), { isChanged: true, branch: null });
  t.equal(said('status', '--porcelain'), 'M  b.txt');
});

t.test('nothing of an untrusted repository runs, and a filter is refused rather than left out', async (t) => {
  const { root, path, made, apply, commit, picture } = await setUp(t);
  const canary = join(root, 'canary');
  put(join(root, 'evil.sh'), `#!/bin/sh\ntouch ${canary}\ncat\n`);
  chmodSync(join(root, 'evil.sh'), 0o755);
  commit(path, '.gitattributes', 'a.txt merge=evil diff=evil\nb.txt filter=evil\n');
  commit(made.path, 'a.txt', '1\n2\n3\n4\n5 agent\n');
  commit(path, 'a.txt', '1 mine\n2\n3\n4\n5\n');
  const evil = join(root, 'evil.sh');
  for (const key of [
    'merge.evil.driver',
    'filter.evil.smudge',
    'filter.evil.clean',
    'core.fsmonitor',
    'diff.evil.textconv',
  ])
    plainGit(path, 'config', key, evil);
  for (const hook of [
    'post-merge',
    'pre-merge-commit',
    'post-checkout',
    'reference-transaction',
    'post-index-change',
  ]) {
    put(join(path, '.git/hooks', hook), readFileSync(evil));
    chmodSync(join(path, '.git/hooks', hook), 0o755);
  }
  await t.rejects(apply(), { code: 'apply_conflict' }, 'a driver that may not run merges nothing');
  t.equal(existsSync(canary), false);

  plainGit(made.path, 'reset', '-q', '--hard', 'HEAD^');
  put(join(made.path, 'b.txt'), 'agent\n');
  const before = picture();
  t.equal(existsSync(canary), true, 'plain git of the picture runs it');
  await t.rejects(apply(), { code: 'repo_unusable', message: /b\.txt goes through the filter 'evil'/ });
  t.same(picture(), before);
});

t.test('nothing is written through a link in the git folder', async (t) => {
  const { root, path, made, apply } = await setUp(t);
  put(join(made.path, 'b.txt'), 'x\n');
  put(join(root, 'outside'), 'mine\n');
  plainGit(path, 'checkout', '-q', '-b', 'deep/branch');
  const log = join(path, '.git/logs/refs/heads/deep/branch');
  plainGit(path, 'config', 'core.logAllRefUpdates', 'false');
  for (const place of [log, join(path, '.git/logs/HEAD')]) {
    const text = readFileSync(place);
    rmSync(place);
    symlinkSync(join(root, 'outside'), place);
    await t.rejects(apply(), { code: 'repo_unusable', message: /symbolic link/ }, place);
    rmSync(place);
    put(place, text);
  }
  t.equal(readFileSync(join(root, 'outside'), 'utf8'), 'mine\n');
  t.match(await apply(), { isChanged: true });
});

t.test('a person’s own defaults for merges change nothing', async (t) => {
  const { path, made, apply, said, commit } = await setUp(t, { trusted: true });
  commit(made.path, 'b.txt', 'x\n');
  const settings = {
    'merge.ff': 'false',
    'merge.autoStash': 'true',
    'merge.verifySignatures': 'true',
    'branch.main.mergeOptions': '-s ours --no-ff',
    'commit.gpgSign': 'true',
  };
  for (const [key, value] of Object.entries(settings)) plainGit(path, 'config', key, value);
  put(join(path, 'a.txt'), 'mine\n');

  await apply();

  t.equal(said('rev-parse', 'HEAD'), said('rev-parse', made.branch));
  t.equal(said('status', '--porcelain'), 'M a.txt');
  t.equal(said('stash', 'list'), '');
});
