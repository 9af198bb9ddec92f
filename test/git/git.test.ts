import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { silentLog, systemClock } from '../../src/base/index.ts';
import { createGit, lockRetryMs } from '../../src/foundation/git/index.ts';
import { makeRepo, plainGit, put } from '../repos/fixture.ts';

const git = createGit({ env: process.env, log: silentLog });

t.test('the environment of a call is written anew', async (t) => {
  const root = realpathSync(t.testdir());
  const seen = join(root, 'seen');
  put(join(root, 'bin/git'), `#!/bin/sh\nenv > '${seen}'\npwd >> '${seen}'\n`);
  chmodSync(join(root, 'bin/git'), 0o755);
  const hostile = {
    GIT_DIR: '/evil',
    GIT_SSH: '/evil',
    SSH_AUTH_SOCK: '/evil',
    SUDO_UID: '99',
    LD_PRELOAD: '/evil',
  };
  const env = { ...hostile, HOME: '/home/x', PATH: `::.:evil:${root}/bin:/bin:/usr/bin`, TMPDIR: 'evil' };

  await createGit({ env, log: silentLog }).run(root, ['rev-parse']);

  const said = readFileSync(seen, 'utf8');
  t.notMatch(said, /evil|SUDO/);
  t.match(said, new RegExp(`^PATH=${root}/bin:/bin:/usr/bin$`, 'm'));
  for (const line of [
    'GIT_CONFIG_GLOBAL=/dev/null',
    'GIT_ALLOW_PROTOCOL=none',
    'GIT_TERMINAL_PROMPT=0',
    'GIT_OPTIONAL_LOCKS=0',
  ]) {
    t.ok(said.split('\n').includes(line), line);
  }
});

t.test('a machine without git is told what to install', (t) => {
  t.throws(() => createGit({ env: { PATH: '/nowhere:.' }, log: silentLog }), {
    code: 'git_missing',
    hint: /install git/,
  });
  t.end();
});

t.test('a failure says what failed, with the last line of git', async (t) => {
  const path = makeRepo(realpathSync(t.testdir()));
  await t.rejects(git.run(path, ['cat-file', '-p', 'nothing']), {
    code: 'git_failed',
    message: /git cat-file failed: fatal: .*nothing/,
  });
  await t.rejects(git.run(join(path, 'gone'), ['rev-parse']), {
    code: 'repo_unusable',
    message: /gone is gone/,
  });
  t.equal((await git.run(path, ['rev-parse', '-q', '--verify', 'x'], { okCodes: [0, 1] })).code, 1);
});

t.test('a message goes in and comes out as UTF-8, whatever the repository is set to', async (t) => {
  const path = makeRepo(realpathSync(t.testdir()));
  for (const key of ['i18n.commitEncoding', 'i18n.logOutputEncoding'])
    plainGit(path, 'config', key, 'latin1');

  const made = await git.run(path, ['commit-tree', '-m', 'für alle', 'HEAD^{tree}']);

  const commit = made.stdout.toString().trim();
  t.notMatch(plainGit(path, 'cat-file', 'commit', commit), /^encoding/m);
  const shown = await git.run(path, ['log', '-1', '--format=%s', commit]);
  t.equal(shown.stdout.toString(), 'für alle\n');
});

t.test('a driver whose name cannot be told is refused', async (t) => {
  const path = makeRepo(realpathSync(t.testdir()));
  const config = join(path, '.git/config');
  writeFileSync(
    config,
    Buffer.from('[core]\n\tbare = false\n[filter "\xff"]\n\tclean = touch canary\n', 'latin1'),
  );
  await t.rejects(git.run(path, ['status']), { code: 'repo_unusable', message: /not UTF-8/ });
  writeFileSync(config, '[core]\n\tbare = false\n[x]\n\ty = "\\n[filter"\n\tz\n');
  await git.run(path, ['status']);
  const many = Array.from({ length: 1200 }, (_, number) => `[filter "f${number}"]\n\tclean = x\n`);
  writeFileSync(config, many.join(''));
  await t.rejects(git.run(path, ['status']), { code: 'repo_unusable', message: /more than 1000/ });
});

t.test('a configuration that never ends is cut off', async (t) => {
  const path = makeRepo(realpathSync(t.testdir()));
  execFileSync('mkfifo', [join(path, '.git/fifo')]);
  plainGit(path, 'config', 'include.path', 'fifo');
  await t.rejects(git.run(path, ['rev-parse', '--git-dir'], { timeoutMs: 300 }), {
    code: 'git_failed',
    message: /longer than 0.3 s/,
  });
});

t.test('in a trusted repository filters work, hooks still do not', async (t) => {
  const root = realpathSync(t.testdir());
  const path = makeRepo(join(root, 'app'));
  plainGit(path, 'config', 'filter.up.smudge', 'tr a-z A-Z');
  put(join(path, '.git/info/attributes'), '* filter=up\n');
  put(join(path, '.git/hooks/post-index-change'), `#!/bin/sh\ntouch '${root}/canary'\n`);
  chmodSync(join(path, '.git/hooks/post-index-change'), 0o755);
  for (const trusted of [false, true]) {
    rmSync(join(path, 'a.txt'));
    await git.run(path, ['checkout-index', '-f', '-a', '-u'], { trusted });
    t.equal(readFileSync(join(path, 'a.txt'), 'utf8'), trusted ? 'ONE\n' : 'one\n');
  }
  t.equal(existsSync(join(root, 'canary')), false);
});

t.test('a lock of somebody else is waited for, within bounds', async (t) => {
  const path = makeRepo(realpathSync(t.testdir()));
  const lock = join(path, '.git/index.lock');
  writeFileSync(lock, '');
  const waits: number[] = [];
  const clock = {
    ...systemClock,
    sleep: async (ms: number) => {
      waits.push(ms);
      if (waits.length === 3) rmSync(lock);
    },
  };
  const patient = createGit({ env: process.env, log: silentLog, clock });
  await patient.run(path, ['read-tree', 'HEAD']);
  t.same(waits, lockRetryMs.slice(0, 3));

  mkdirSync(lock);
  waits.length = 3;
  await t.rejects(patient.run(path, ['read-tree', 'HEAD']), {
    code: 'git_failed',
    message: /index.lock/,
  });
  t.equal(waits.length, 3 + lockRetryMs.length);
});

t.test('works of one repository wait for each other, those of others do not', async (t) => {
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const work = (name: string, wait?: Promise<void>) => async () => {
    order.push(`${name} begins`);
    await wait;
    order.push(`${name} ends`);
  };
  const first = git.exclusive('a', work('first', gate.promise));
  const failing = git.exclusive('a', () => Promise.reject(new Error('no')));
  const second = git.exclusive('a', work('second'));
  await git.exclusive('b', work('other'));
  gate.resolve();
  await t.rejects(failing, /no/);
  await Promise.all([first, second]);
  t.same(order, ['first begins', 'other begins', 'other ends', 'first ends', 'second begins', 'second ends']);
});
