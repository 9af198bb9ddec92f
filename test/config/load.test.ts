import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { isAppError } from '../../src/contract/index.ts';
import { defaultConfig, loadConfig } from '../../src/foundation/config/index.ts';

async function refusalOf(path: string, isNamed: boolean): Promise<string> {
  try {
    await loadConfig({ path, isNamed, home: '/home/me' });
  } catch (error) {
    if (isAppError(error, 'config_unreadable')) return error.message;
    throw error;
  }
  return 'loaded';
}

t.test('a missing file means defaults, unless it was named', async (t) => {
  const path = join(t.testdir(), 'daemon.toml');

  t.same(await loadConfig({ path, isNamed: false, home: '/home/me' }), {
    config: defaultConfig(),
    path: null,
  });
  t.match(await refusalOf(path, true), /daemon\.toml: there is no such file/);
});

t.test('a file that is there but cannot be read is never taken for defaults', async (t) => {
  const folder = t.testdir({ 'latin1.toml': Buffer.from([0x61, 0xff]), plain: '' });
  execFileSync('mkfifo', [join(folder, 'fifo')]);

  t.match(await refusalOf(folder, false), /not a regular file/);
  t.match(await refusalOf(join(folder, 'fifo'), false), /not a regular file/);
  t.match(await refusalOf(join(folder, 'latin1.toml'), false), /not valid UTF-8/);
  t.match(await refusalOf(join(folder, 'plain', 'x'), false), /Cannot read/);
  t.match(await refusalOf('/dev/zero', false), /not a regular file/);
});

t.test('paths inside start at home or at the folder of the file', async (t) => {
  const folder = t.testdir({
    'daemon.toml': 'repos = ["~/a", "b/../c", "/d", "~"]\n[auth]\nadmin_token_file = "token"\n',
  });

  const { config } = await loadConfig({ path: join(folder, 'daemon.toml'), isNamed: true, home: '/home/me' });

  t.same(config.repos, ['/home/me/a', join(folder, 'c'), '/d', '/home/me']);
  t.equal(config.auth.admin_token_file, join(folder, 'token'));
  t.equal(config.auth.readonly_token_file, '', 'empty stays unset');
});
