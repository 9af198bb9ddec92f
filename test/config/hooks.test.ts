import t from 'tap';
import { eventTypes, hookEventTypes, hookIdentity, isAppError } from '../../src/contract/index.ts';
import { defaultConfig, diffConfig, parseConfig } from '../../src/foundation/config/index.ts';

const parse = (source: string) => parseConfig(source, '/daemon.toml');
const seeAll = 'docs/config.md and config.example.toml list every key';

/** Each problem on a line of its own, and the hint. */
function refusal(source: string): { message: string; hint: string | undefined } {
  try {
    parse(source);
  } catch (error) {
    if (isAppError(error, 'config_invalid')) return { message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error(`accepted: ${source}`);
}

t.test('a hook has an address or a command, and a timeout of its own', async (t) => {
  const { hooks } = parse(
    '[[hooks]]\non = ["run.finished", "plan.*"]\nurl = "https://ntfy.sh/mine"\nheaders = { authorization = "Bearer $TOKEN" }\n' +
      '[[hooks]]\non = ["*"]\ncommand = ["notify-send", ""]\ntimeout = "10m"\nrepos = ["shop"]\n',
  );

  t.same(hooks, [
    {
      on: ['run.finished', 'plan.*'],
      url: 'https://ntfy.sh/mine',
      headers: { authorization: 'Bearer $TOKEN' },
      timeout: '30s',
    },
    { on: ['*'], command: ['notify-send', ''], timeout: '10m', repos: ['shop'] },
  ]);
});

t.test('a mistake in a hook is named with its key, its line and the nearest spelling', async (t) => {
  const url = 'url = "http://127.0.0.1:1/"\n';
  const hook = (on: string) => `[[hooks]]\non = ["${on}"]\n${url}`;
  const unknown =
    'expected an event type of docs/events.md, such as "run.finished", or a pattern such as "plan.*"';
  const cases: [source: string, message: string, hint?: string][] = [
    [
      hook('run.finishd'),
      `2:7: 'hooks[0].on[0]' is "run.finishd": ${unknown}`,
      'did you mean "run.finished"?',
    ],
    [hook('plans.*'), `2:7: 'hooks[0].on[0]' is "plans.*": ${unknown}`, 'did you mean "plan.*"?'],
    [hook('Plan.*'), `2:7: 'hooks[0].on[0]' is "Plan.*": ${unknown}`, 'did you mean "plan.*"?'],
    [hook('.*)+'), `2:7: 'hooks[0].on[0]' is ".*)+": ${unknown}`],
    ...['output.*', 'output.stdout', 'message.delta', 'thought.*'].map((on): [string, string] => [
      hook(on),
      `2:7: 'hooks[0].on[0]' is "${on}": expected an event type that is not a piece of output or of a message: those come by the thousand`,
    ]),
    [
      hook('hook.*'),
      `2:7: 'hooks[0].on[0]' is "hook.*": expected an event type that is not told by hooks themselves`,
    ],
    [`[[hooks]]\non = []\n${url}`, "2:1: 'hooks[0].on' is a list: expected at least 1 item"],
    [`[[hooks]]\n${url}`, "1:1: 'hooks[0].on' is missing: expected a list in [brackets]"],
    ['[[hooks]]\non = ["*"]\n', "1:1: 'hooks[0]' is a table: expected either url or command"],
    [`${hook('*')}command = ["true"]\n`, "1:1: 'hooks[0]' is a table: expected either url or command"],
    [
      '[[hooks]]\non = ["*"]\ncommand = ["true"]\nheaders = { a = "b" }\n',
      "4:1: 'hooks[0].headers' is not right: expected none: a command has no headers",
    ],
    [
      '[[hooks]]\non = ["*"]\ncommand = [""]\n',
      "3:1: 'hooks[0].command' is a list: expected a program and its arguments",
    ],
    [
      `${hook('*')}timeout = "11m"\n`,
      `4:1: 'hooks[0].timeout' is "11m": expected a duration of more than 0 and at most 10m`,
    ],
    [
      `${hook('*')}timeout = "0"\n`,
      `4:1: 'hooks[0].timeout' is "0": expected a duration of more than 0 and at most 10m`,
    ],
    [
      `${hook('*')}timeout = "soon"\n`,
      `4:1: 'hooks[0].timeout' is "soon": expected a duration such as 30s, 5m or 2h, or 0 for none`,
    ],
    [`${hook('*')}repo = ["shop"]\n`, "4:1: unknown key 'hooks[0].repo'", "did you mean 'hooks[0].repos'?"],
    [
      `${hook('*')}${hook('*')}`,
      "4:1: 'hooks[1]' is a table: expected another target or other events than hooks[0] has",
    ],
    ['[hooks]\non = ["*"]\n', "1:1: 'hooks' is a table: expected tables that begin with [[hooks]]"],
  ];
  for (const [source, message, hint = seeAll] of cases)
    t.same(refusal(source), { message: `/daemon.toml:${message}`, hint }, source);
});

t.test('an address with a password in it and a header are refused without being shown', async (t) => {
  const base = '[[hooks]]\non = ["*"]\n';
  const address =
    'expected an address that begins with http:// or https:// and has no name or password in it';
  const cases: [source: string, message: string][] = [
    ...['https://ada:geheim@host/', 'ftp://host/geheim', 'geheim'].map((url): [string, string] => [
      `${base}url = "${url}"\n`,
      `3:1: 'hooks[0].url' is not right: ${address}`,
    ]),
    ...['drover-event', 'Content-Length', 'user-agent'].map((name): [string, string] => [
      `${base}url = "http://host/"\nheaders = { ${name} = "geheim" }\n`,
      `4:13: 'hooks[0].headers.${name}' has a name that cannot be used: expected a header that drover does not set itself`,
    ]),
    ...['geheim\\n', '$', '$1'].map((value): [string, string] => [
      `${base}url = "http://host/"\nheaders = { a = "${value}" }\n`,
      "4:13: 'hooks[0].headers.a' is not right: expected plain text in which $NAME stands for a variable and $$ for a dollar",
    ]),
  ];
  for (const [source, message] of cases) {
    t.same(refusal(source), { message: `/daemon.toml:${message}`, hint: seeAll }, source);
    t.notMatch(refusal(source).message, 'geheim');
  }
});

t.test(
  'a pattern stands for the types that it matches, but for pieces of text and what hooks tell',
  async (t) => {
    t.same(hookEventTypes(['run.finished', 'approval.re*']), [
      'run.finished',
      'approval.requested',
      'approval.resolved',
    ]);
    t.same(hookEventTypes(['*.failed']), ['signal.failed', 'action.failed']);
    t.same(hookEventTypes(['message.*']), ['message.completed']);
    t.same(
      eventTypes.filter((type) => !hookEventTypes(['*']).includes(type)),
      ['hook.failed', 'message.delta', 'thought.delta', 'output.stdout', 'output.stderr', 'output.truncated'],
    );
    t.same(hookEventTypes([`${'*a'.repeat(40)}*`]), [], 'at once');
  },
);

t.test('a hook is the same while its target, events and repositories are', async (t) => {
  const [one] = parse('[[hooks]]\non = ["run.*", "plan.*"]\nurl = "http://host/"\n').hooks;
  if (one === undefined) throw new Error('no hook');

  const isSame = (change: object) => hookIdentity({ ...one, ...change }) === hookIdentity(one);
  t.ok(isSame({ timeout: '1s', headers: { a: 'b' }, on: ['plan.*', 'run.*', 'plan.*'] }));
  for (const change of [{ url: 'http://other/' }, { on: ['run.*'] }, { repos: ['shop'] }])
    t.notOk(isSame(change), JSON.stringify(change));
});

t.test('changed hooks are applied by a reload', async (t) => {
  const after = parse('[[hooks]]\non = ["*"]\ncommand = ["true"]\n');

  t.same(diffConfig(defaultConfig(), after), { applied: ['hooks'], needsRestart: [] });
});
