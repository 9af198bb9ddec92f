import t from 'tap';
import { isAppError } from '../../src/contract/index.ts';
import { defaultConfig, parseConfig } from '../../src/foundation/config/index.ts';
import { editDistance, nearestSpelling } from '../../src/foundation/config/nearest.ts';

const path = '/etc/daemon.toml';

/** Message and hint of the error that `source` gives. */
function refusal(source: string): { message: string; hint: string | undefined } {
  try {
    parseConfig(source, path);
  } catch (error) {
    if (isAppError(error, 'config_invalid')) return { message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error(`accepted: ${source}`);
}

t.test('an empty file is the defaults, and any key may be left out', async (t) => {
  t.same(parseConfig('', path), defaultConfig());
  const config = parseConfig('\uFEFF[log]\r\nlevel = "debug"\r\n', path);

  t.same(config.log, { level: 'debug', max_bytes: '100MiB' });
});

t.test('bad TOML names the file, line and column and points at it', async (t) => {
  const { message } = refusal('repos = []\naddr = "x" "y"\n');

  t.match(message, /^\/etc\/daemon\.toml:2:12: bad TOML: /);
  const [, line, caret] = message.split('\n');
  t.equal(line, '2 | addr = "x" "y"');
  t.equal(caret?.indexOf('^'), line?.lastIndexOf('"y"'));
});

t.test('a syntax error never shows what may be a secret', async (t) => {
  for (const source of [
    '[agents.x.env]\nA = "sk-hidden" oops',
    '[agents.x]\nenv = { A = "sk-hidden',
    'api_key = "sk-hidden" oops',
    "[agents.x.env]\nA = 'sk-hidden",
  ]) {
    t.notMatch(refusal(source).message, /hidden/, source);
  }
  t.notMatch(
    refusal('[agents.x]\nruntime="acp"\ncommand=["a"]\nenv = { A = 123456789 }').message,
    /123456789/,
  );
});

t.test('an unknown key names the key, the line and the nearest right spelling', async (t) => {
  const cases: [string, string, RegExp][] = [
    ['\nmax_paralel_runs = 1', ":2:1: unknown key 'max_paralel_runs'", /did you mean 'max_parallel_runs'/],
    ['maxParallelRuns = 1', ":1:1: unknown key 'maxParallelRuns'", /did you mean 'max_parallel_runs'/],
    ['[log]\nlvel = "info"', ":2:1: unknown key 'log.lvel'", /did you mean 'log.level'/],
    ['log = { leevl = "info" }', ":1:9: unknown key 'log.leevl'", /did you mean 'log.level'/],
    ['level = "info"', ":1:1: unknown key 'level'", /'level' belongs in \[log\]/],
    ['[log]\naddr = ""', ":2:1: unknown key 'log.addr'", /'addr' belongs above the first \[table\]/],
    ['[auht]\nmode = "none"', ":1:1: unknown key 'auht'", /did you mean 'auth'/],
    [
      '[agents.x]\nruntime="acp"\ncommand=["a"]\nevn={}',
      ":4:1: unknown key 'agents.x.evn'",
      /'agents\.x\.env'/,
    ],
    ['[[connectors]]\non = "x"', ":1:1: unknown key 'connectors'", /docs\/config\.md/],
    ['__proto__ = 1', ":1:1: unknown key '__proto__'", /./],
  ];
  for (const [source, expected, hint] of cases) {
    const refused = refusal(source);
    t.ok(refused.message.startsWith(`${path}${expected}`), `${source} -> ${refused.message}`);
    t.match(refused.hint ?? refused.message, hint);
  }
});

t.test('a wrong value names the key, the line, the value and what was expected', async (t) => {
  const cases: [string, string][] = [
    ['max_parallel_runs = "4"', ':1:1: \'max_parallel_runs\' is "4": expected a whole number'],
    ['max_parallel_runs = 4.5', ":1:1: 'max_parallel_runs' is 4.5: expected a whole number"],
    ['max_parallel_runs = 0', ":1:1: 'max_parallel_runs' is 0: expected at least 1"],
    ['max_parallel_runs = 1001', ":1:1: 'max_parallel_runs' is 1001: expected at most 1000"],
    ['poll_interval_sec = nan', ":1:1: 'poll_interval_sec' is NaN: expected a number"],
    ['repos = "x"', ':1:1: \'repos\' is "x": expected a list in [brackets]'],
    ['repos = [\n"a",\n7 ]', ":3:1: 'repos[1]' is 7: expected a string in quotes"],
    ['auth = 3', ":1:1: 'auth' is 3: expected a table"],
    ['run_timeout = "5 min"', ':1:1: \'run_timeout\' is "5 min": expected a duration such as 30s'],
    ['[log]\nmax_bytes = 5', ":2:1: 'log.max_bytes' is 5: expected a string in quotes"],
    ['addr = 2026-01-01', ":1:1: 'addr' is a date: expected a string in quotes"],
    ['[agents.x]\nruntime = "acp"', ":1:1: 'agents.x.command' is missing: expected a list"],
    [
      '[agents.x]\nruntime = "acp"\ncommand = []',
      ":3:1: 'agents.x.command' is a list: expected at least 1 item",
    ],
    ['[agents."a b"]', ':1:1: \'agents."a b"\' has a name that cannot be used: expected 1 to 64'],
    ['[agents.__proto__]', ":1:1: '__proto__' cannot be a key"],
  ];
  for (const [source, expected] of cases) {
    const { message } = refusal(source);
    t.ok(message.includes(path + expected), `${source} -> ${message}`);
  }
  t.equal(refusal('[log]\nlevel = "wran"').hint, 'did you mean "warn"?');
});

t.test('several problems are told at once, in the order of the file', async (t) => {
  const { message } = refusal('foo = 1\nrepos = 2\n[log]\nlevle = "info"\n');

  t.same(
    message.split('\n').map((line) => /:(\d+):1: /.exec(line)?.[1]),
    ['1', '2', '4'],
  );
  const many = refusal(Array.from({ length: 30 }, (_, index) => `zz${index} = 1`).join('\n')).message;
  t.equal(many.split('\n').length, 11);
  t.match(many, /and 20 more$/);
});

t.test('a spelling is near when few letters changed, were lost or swapped', async (t) => {
  t.equal(editDistance('abcd', 'abdc'), 1);
  t.equal(editDistance('kitten', 'sitting'), 3);
  t.equal(nearestSpelling('adr', ['addr', 'repos']), 'addr');
  t.equal(nearestSpelling('Retention-Days', ['retention_days']), 'retention_days');
  t.equal(nearestSpelling('zzz', ['addr', 'repos']), null);
});
