import {
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Repo, Run } from '../../src/contract/index.ts';
import { put } from '../repos/fixture.ts';
import { startWorld, type World } from '../support/real-daemon.ts';

t.setTimeout(600_000);

const settings = `[worktree]
copy = [".env", "config/*.local.json"]
setup = ["cp .env from-set-up"]
`;

async function shop(world: World) {
  const repo = await world.repository(join(world.root, 'shop'));
  put(join(repo, '.gitignore'), '.env\n*.local.json\nbig.bin\n');
  put(join(repo, '.drover/config.toml'), settings);
  await world.git(repo, 'add', '--all');
  await world.git(repo, 'commit', '--quiet', '--message=Settings');
  put(join(repo, '.env'), 'SECRET=1\n');
  put(join(repo, 'config/a.local.json'), '{}\n');
  put(join(repo, 'config/deep/b.local.json'), '{}\n');
  put(join(repo, 'config/tracked.json'), '{}\n');
  await world.git(repo, 'add', 'config/tracked.json');
  await world.drover(`daemon add ${repo}`);
  const run = (script: string) => [
    'run',
    '--repo',
    repo,
    '--bg',
    '--agent',
    'command',
    '--',
    'sh',
    '-c',
    script,
  ];
  const start = async (script: string) => {
    const { id } = await world.json<Run>(run(script));
    const ended = await world.reach(id, 'succeeded', 'failed');
    const notices = (await world.events(id)).filter(({ type }) => type === 'run.notice');
    return { run: ended, at: ended.worktree ?? '', notices: notices.map(({ data }) => String(data.text)) };
  };
  return { repo, start };
}

t.test('a repository’s own configuration counts once it is trusted, as it stands', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const { repo, start } = await shop(world);

  const before = await start('ls -A');
  t.equal(before.run.status, 'succeeded');
  t.equal(existsSync(join(before.at, '.env')), false);
  t.same(before.notices, [
    `.drover/config.toml of the repository is not trusted as it stands, so '.env', 'config/*.local.json' were not copied and 'cp .env from-set-up' was not run; to trust it: drover daemon trust ${repo}`,
  ]);

  const trusted = await world.drover(`daemon trust ${repo}`);
  t.equal(
    trusted.out,
    'shop is trusted\n  copied into new worktrees: .env\n  copied into new worktrees: config/*.local.json\n  run before the first agent in a worktree: cp .env from-set-up\n',
  );
  writeFileSync(join(repo, '.env'), 'SECRET=2\n', { mode: 0o600 });
  const after = await start('cat from-set-up');
  t.match(after, { run: { status: 'succeeded' }, notices: [] });
  t.equal(readFileSync(join(after.at, '.env'), 'utf8'), 'SECRET=2\n');
  t.equal(statSync(join(after.at, '.env')).mode & 0o077, statSync(join(repo, '.env')).mode & 0o077);
  t.ok(existsSync(join(after.at, 'config/a.local.json')));
  t.notOk(existsSync(join(after.at, 'config/deep/b.local.json')), 'one star is one folder');
  t.notOk(existsSync(join(after.at, 'config/tracked.json')), 'nothing that git tracks');
  t.match(
    (await world.drover(`runs logs ${after.run.id} --type stderr`)).out,
    'drover: set-up: cp .env from-set-up',
  );

  writeFileSync(join(repo, '.drover/config.toml'), `${settings}# changed\n`);
  t.match((await start('true')).notices, [/not trusted as it stands/], 'asked again when it changes');
});

t.test('what cannot be copied is named, and a set-up that fails fails the run', async (t) => {
  const world = await startWorld();
  t.teardown(world.close);
  const { repo, start } = await shop(world);
  mkdirSync(join(world.root, 'outside'));
  symlinkSync('/etc/passwd', join(repo, 'config/link.local.json'));
  writeFileSync(
    join(repo, '.drover/config.toml'),
    '[worktree]\ncopy = ["big.bin", "**/*.local.json"]\nsetup = ["exit 7"]\n',
  );
  writeFileSync(join(repo, 'big.bin'), '');
  truncateSync(join(repo, 'big.bin'), 65 * 2 ** 20);
  await world.drover(`daemon trust ${repo}`);

  const { run, at, notices } = await start('touch never');

  t.match(run, {
    status: 'failed',
    exit_code: 7,
    error: {
      code: 'set_up_failed',
      message: "The set-up command 'exit 7' ended with 7; the agent was not started",
    },
  });
  t.equal(existsSync(join(at, 'never')), false);
  t.match(notices, [/^4 ignored files were not copied: copies are limited to 64 MiB/]);

  writeFileSync(join(repo, '.drover/config.toml'), '[worktree]\ncopy = ["**/*.local.json"]\n');
  await world.drover(`daemon trust ${repo}`);
  const linked = await start('true');
  t.same(linked.notices, ['config/link.local.json was not copied: it is a link, or lies below one']);
  t.ok(existsSync(join(linked.at, 'config/deep/b.local.json')), 'two stars are any folders');
  t.notOk(existsSync(join(linked.at, 'config/link.local.json')));
});

t.test(
  'a broken configuration is said by the run, by status and by trust, and the run goes on',
  async (t) => {
    const world = await startWorld();
    t.teardown(world.close);
    const { repo, start } = await shop(world);
    writeFileSync(join(repo, '.drover/config.toml'), '[worktree]\ncoppy = [".env"]\n');

    const { run, notices } = await start('true');

    t.equal(run.status, 'succeeded');
    t.match(notices, [
      /^The repository’s own configuration was not used: \S+config\.toml:2:1: unknown key 'worktree\.coppy'/,
    ]);
    t.match((await world.status()).warnings, [
      /^The own configuration of shop is not used: \S+:2:1: unknown key/,
    ]);
    t.match(await world.drover(`daemon trust ${repo}`), {
      code: 2,
      out: /is trusted\n {2}its configuration is not used:\n {4}.*coppy/,
    });
    const repos = await world.json<{ items: Repo[] }>(['daemon', 'repos']);
    t.match(repos.items[0]?.own_config, { copy: [], setup: [], problem: /coppy/ });
  },
);
