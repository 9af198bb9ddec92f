import t from 'tap';
import { parseRepoConfig } from '../../src/foundation/config/index.ts';

const path = '/src/shop/.drover/config.toml';
const parse = (text: string) => parseRepoConfig(text, path);

t.test('a repository may ask for copies and for set-up commands, and for nothing', async (t) => {
  t.same(parse('[worktree]\ncopy = [".env", "config/**/*.local.json"]\nsetup = ["npm ci"]\n').worktree, {
    copy: ['.env', 'config/**/*.local.json'],
    setup: ['npm ci'],
  });
  t.same(parse('').worktree, { copy: [], setup: [] });
});

t.test('what is wrong is told with file, line, key and the nearest right spelling', async (t) => {
  const cases: Record<string, RegExp> = {
    '[worktree]\ncoppy = []\n': /config\.toml:2:1: unknown key 'worktree\.coppy'/,
    '[worktre]\n': /config\.toml:1:1: unknown key 'worktre'/,
    '[worktree]\nsetup = "npm ci"\n': /:2:1: 'worktree\.setup' is "npm ci": expected a list/,
    '[worktree]\nsetup = [""]\n': /expected a command/,
    '[worktree]\nmax_parallel_runs = 3\n': /unknown key/,
    'copy = []\n': /:1:1: unknown key 'copy'/,
    '[worktree\n': /:1:\d+: bad TOML/,
  };
  for (const [text, message] of Object.entries(cases))
    t.throws(() => parse(text), { code: 'config_invalid', message }, text);
  const slip = { code: 'config_invalid', hint: "did you mean 'worktree.copy'?" };
  t.throws(() => parse('[worktree]\ncoppy = []\n'), slip, 'a slip');
  const elsewhere = { code: 'config_invalid', hint: "'copy' belongs in [worktree]" };
  t.throws(() => parse('copy = []\n'), elsewhere, 'another table');
});

t.test('a pattern cannot lead out of the repository, into its git folder, or be magic', async (t) => {
  for (const pattern of [
    '/etc/passwd',
    '../x',
    'a/../b',
    '.git/config',
    'a//b',
    ':(top)x',
    '!x',
    'a\\\\b',
    '',
    './x',
  ])
    t.throws(() => parse(`[worktree]\ncopy = ["${pattern}"]\n`), { code: 'config_invalid' }, pattern);
});
