import t from 'tap';
import type * as z from 'zod';
import { type ApprovalMode, policyConfig } from '../../src/contract/index.ts';
import { type ApprovalRequest, adapterFor } from '../../src/domain/agents/index.ts';
import { createPolicy } from '../../src/domain/runs/index.ts';
import { judge } from '../../src/domain/runs/policy/judge.ts';
import { Drive, prompted } from '../agents/drive.ts';
import { allOptions, recordedMessages, says } from '../agents/transcripts.ts';

type Rules = NonNullable<z.input<typeof policyConfig>['rules']>;
type Options = ApprovalRequest['options'];

const once = { id: 'yes', kind: 'allow_once', label: 'Yes' };
const forGood = { id: 'always', kind: 'allow_always', label: 'Always' };
const no = { id: 'no', kind: 'reject_once', label: 'No' };
const whole: Options = [once, forGood, no];

const request = (changes: Partial<ApprovalRequest> = {}): ApprovalRequest => ({
  kind: 'permission',
  title: 'Edit src/a.ts',
  tool: 'Edit',
  input: null,
  paths: ['src/a.ts'],
  options: whole,
  ...changes,
});
const run = (approvalMode: ApprovalMode = 'ask') => ({
  agent: 'claude',
  repoId: 'repo_1',
  project: 'shop',
  worktree: '/work/shop',
  approvalMode,
});
const policyOf = (config: z.input<typeof policyConfig>, agents = {}) =>
  createPolicy(() => ({ policy: policyConfig.parse(config), agents }), '/home/ada')();

/** What becomes of it, in a word: who is asked, or how it is allowed, and by what. */
function verdict(rules: Rules, asked: ApprovalRequest, by = run()): string {
  const judged = judge(by, asked, policyOf({ rules }));
  if (judged.kind === 'person') return 'person';
  const always = judged.answer.always ? ' always' : '';
  return `${judged.status}${always} (${judged.reason})`;
}

type Told = Record<'once' | 'rule denies', RegExp>;
type Asking = { readonly drive: Drive; readonly key: string; readonly asked: ApprovalRequest };

/** The real requests of each runtime, and the lines by which it is told. */
const asking: Record<string, { open: (kind: ApprovalRequest['kind']) => Asking; told: Told }> = {
  acp: {
    open: (kind) =>
      lastAsked(prompted(), kind === 'question' ? says.question(7, {}) : says.permission(7, allOptions)),
    told: { once: /"o1/, 'rule denies': /"o3/ },
  },
  claude: {
    open: (kind) => {
      const name = kind === 'question' ? 'AskUserQuestion' : 'Bash';
      const lines = recordedMessages('claude-edit') as { request?: { tool_name?: string } }[];
      return lastAsked(
        new Drive(adapterFor('claude')),
        lines.find((line) => line.request?.tool_name === name),
      );
    },
    told: {
      once: /allow(?!.*updatedPermissions)/,
      'rule denies': /Denied by a rule of drover: no/,
    },
  },
  codex: {
    open: (kind) => {
      const drive = new Drive(adapterFor('codex'));
      const lines = recordedMessages('codex-edit') as { method?: string; params?: { threadId?: string } }[];
      const asks = lines.findIndex((line) => line.method === 'item/fileChange/requestApproval');
      for (const line of lines.slice(0, asks)) drive.says(line);
      const question = {
        id: 99,
        method: 'item/tool/requestUserInput',
        params: { ...lines[asks]?.params, questions: [{ id: 'q', question: 'Which?' }] },
      };
      return lastAsked(drive, kind === 'question' ? question : lines[asks]);
    },
    told: { once: /"accept\W/, 'rule denies': /decline/ },
  },
};

function lastAsked(drive: Drive, message: unknown): Asking {
  const effect = drive.says(message).find((each) => each.kind === 'approval');
  if (effect === undefined) throw new Error('nothing was asked');
  return { drive, key: effect.key, asked: effect.request };
}

void t.test('modes × rules × kinds × runtimes: who decides, and what the agent is told', async (t) => {
  const modes = ['ask', 'auto', 'unrestricted'] as const;
  const rules: Record<string, Rules> = {
    none: [],
    allow: [{ decision: 'allow', reason: 'ok' }],
    deny: [{ decision: 'deny', reason: 'no' }],
    ask: [{ decision: 'ask' }],
    other: [{ decision: 'deny', agent: 'somebody-else' }],
  };
  /** By mode and rule; a rule for another agent changes nothing. */
  const expected: Record<ApprovalMode, Record<string, string>> = {
    ask: { none: 'person', allow: 'rule allows', deny: 'rule denies', ask: 'person', other: 'person' },
    auto: { none: 'once', allow: 'rule allows', deny: 'rule denies', ask: 'person', other: 'once' },
    unrestricted: {
      none: 'once',
      allow: 'rule allows',
      deny: 'rule denies',
      ask: 'person',
      other: 'once',
    },
  };
  const reasons: Record<string, string> = {
    'rule allows': 'Rule 1 of [policy]: ok',
    'rule denies': 'Rule 1 of [policy]: no',
  };
  let cells = 0;

  for (const [runtime, { open, told }] of Object.entries(asking)) {
    for (const kind of ['permission', 'question'] as const) {
      for (const mode of modes) {
        for (const [name, list] of Object.entries(rules)) {
          const { drive, key, asked } = open(kind);
          const judged = judge(run(mode), asked, policyOf({ rules: list }));
          const want = kind === 'question' ? 'person' : expected[mode][name];
          const cell = `${runtime}, ${kind}, ${mode}, ${name}`;
          cells += 1;

          t.equal(asked.kind, kind, cell);
          if (judged.kind === 'person') {
            t.equal(want, 'person', cell);
            continue;
          }
          t.equal(judged.reason, want === 'once' ? `Approval mode ${mode}` : reasons[want ?? ''], cell);
          t.equal(judged.status, want === 'rule denies' ? 'denied' : 'allowed', cell);
          const line = JSON.stringify(drive.answers(key, judged.answer));
          t.match(line, told[want === 'rule allows' ? 'once' : (want as keyof typeof told)], cell);
        }
      }
    }
  }
  t.equal(cells, 3 * 2 * 3 * 5);
});

void t.test('the first rule that matches decides, with its number and its reason or its words', async (t) => {
  const rules: Rules = [
    { decision: 'allow', tool: 'Read' },
    { decision: 'deny', path: 'secrets/**', reason: 'secrets stay' },
    { decision: 'allow', path: 'src/**' },
    { decision: 'deny' },
  ];

  t.equal(
    verdict(rules, request({ tool: 'Read', paths: ['secrets/key'] })),
    'allowed (Rule 1 of [policy]: allow tool Read)',
  );
  t.equal(verdict(rules, request({ paths: ['secrets/key'] })), 'denied (Rule 2 of [policy]: secrets stay)');
  t.equal(verdict(rules, request()), 'allowed (Rule 3 of [policy]: allow path src/**)');
  t.equal(verdict(rules, request({ paths: ['README.md'] })), 'denied (Rule 4 of [policy]: deny everything)');
  t.equal(
    verdict([{ decision: 'ask' }, { decision: 'deny' }], request(), run('auto')),
    'person',
    'ask decides too',
  );
});

void t.test('a rule is about an agent, a repository, a tool, by glob and by exact case', async (t) => {
  const isDenied = (rule: Omit<Rules[number], 'decision'>, asked = request(), by = run()) =>
    verdict([{ decision: 'deny', ...rule }], asked, by) !== 'person';

  t.ok(isDenied({ agent: 'claude' }));
  t.ok(isDenied({ agent: 'cl*' }));
  t.notOk(isDenied({ agent: 'Claude' }));
  t.notOk(isDenied({ agent: 'codex' }));
  t.ok(isDenied({ repo: 'shop' }));
  t.ok(isDenied({ repo: 'repo_1' }));
  t.notOk(isDenied({ repo: 'sho' }));
  t.notOk(isDenied({ repo: '*' }, request(), { ...run(), repoId: null as never, project: null as never }));
  t.ok(isDenied({ tool: '{Edit,Write}' }));
  t.notOk(isDenied({ tool: 'edit' }));
  t.ok(isDenied({ tool: 'mcp_*' }, request({ tool: 'mcp_files/write' })), 'a * stands for a slash in a name');
  t.notOk(isDenied({ tool: '*' }, request({ tool: null })));
  t.ok(isDenied({ agent: 'claude', tool: 'Edit' }));
  t.notOk(isDenied({ agent: 'claude', tool: 'Read' }), 'all that it names must fit');
});

void t.test(
  'a path is matched from the run’s folder on, or whole; what leaves the folder is not in it',
  async (t) => {
    const cases: [glob: string, said: string, fits: boolean][] = [
      ['src/**', 'src/a.ts', true],
      ['src/**', '/work/shop/src/a.ts', true],
      ['src/**', 'src/deep/.hidden/a', true],
      ['src/**', 'src', true],
      ['src/', 'src/a.ts', true],
      ['./src/**', './src/./a.ts', true],
      ['src/**', 'src/../secrets/key', false],
      ['src/**', 'src/../../../etc/passwd', false],
      ['src/**', '/work/shop-2/src/a.ts', false],
      ['src/**', 'SRC/a.ts', false],
      ['src/**', 'src/a\nb', true],
      ['src/*', 'src/deep/a.ts', false],
      ['*.ts', 'a.ts', true],
      ['*.ts', 'src/a.ts', false],
      ['**/*.ts', 'a.ts', true],
      ['**', '.', true],
      ['**', '', true],
      ['**', '/work/shop', true],
      ['**', '/work', false],
      ['**', '../other/a', false],
      ['**', '/etc/passwd', false],
      ['**', '~/.ssh/id', false],
      ['**', 'file:///etc/passwd', false],
      ['**', 'file:///work/shop/a', true],
      ['**', 'https://example.org/a', false],
      ['src/**', '.', false],
      ['/etc/**', '/etc/passwd', true],
      ['/etc/**', '../../etc/passwd', true],
      ['/work/shop/src/**', 'src/a.ts', true],
      ['~/.ssh/**', '/home/ada/.ssh/id', true],
      ['~/.ssh/**', '~/.ssh/id', true],
      ['~/.ssh/', '/home/ada/.ssh/id', true],
    ];
    for (const [glob, said, fits] of cases) {
      const rules: Rules = [{ decision: 'deny', path: glob }];
      t.equal(verdict(rules, request({ paths: [said] })) !== 'person', fits, JSON.stringify([glob, said]));
    }
  },
);

void t.test(
  'an allowance wants every file to match, a denial any; what is not known is not allowed',
  async (t) => {
    const rule = (decision: 'allow' | 'deny' | 'ask', paths: ApprovalRequest['paths']) =>
      verdict([{ decision, path: 'src/**' }], request({ paths }), run('auto')).split(' (Rule')[0];
    const auto = 'allowed (Approval mode auto)';

    t.equal(rule('allow', ['src/a', 'src/b']), 'allowed');
    t.equal(rule('allow', ['src/a', 'b']), auto);
    t.equal(rule('allow', []), auto, 'a command names no file');
    t.equal(rule('allow', null), auto);
    t.equal(rule('deny', ['src/a', 'b']), 'denied');
    t.equal(rule('deny', ['b']), auto);
    t.equal(rule('deny', []), auto);
    t.equal(rule('deny', null), 'denied');
    t.equal(rule('ask', ['b', 'src/a']), 'person');
    t.equal(rule('ask', null), 'person');
  },
);

void t.test(
  'nobody is allowed more than was decided, nor allowed for good where a rule may deny',
  async (t) => {
    const only = (...options: Options) => request({ options });
    const unrestricted = run('unrestricted');

    t.equal(verdict([{ decision: 'allow' }], only(forGood, no)), 'person');
    t.equal(verdict([], only(forGood, no), run('auto')), 'person');
    t.equal(verdict([], only(), run('auto')), 'person');
    t.equal(verdict([], only(forGood), unrestricted), 'allowed always (Approval mode unrestricted)');
    t.equal(verdict([], only(), unrestricted), 'person');
    t.equal(
      verdict([{ decision: 'deny', path: 'x' }], request(), unrestricted),
      'allowed (Approval mode unrestricted)',
    );
    t.equal(verdict([{ decision: 'deny', path: 'x' }], only(forGood), unrestricted), 'person');
    t.equal(
      verdict([{ decision: 'deny', repo: 'other' }], only(forGood), unrestricted),
      'allowed always (Approval mode unrestricted)',
    );
    t.equal(verdict([], request(), unrestricted), 'allowed (Approval mode unrestricted)');
    t.equal(verdict([{ decision: 'deny' }], only()), 'denied (Rule 1 of [policy]: deny everything)');
  },
);

void t.test(
  'how long a person has, and what follows: by agent, and never more than was offered',
  async (t) => {
    const terms = (config: z.input<typeof policyConfig>, asked = request(), agents = {}) => {
      const judged = judge(run(), asked, policyOf(config, agents));
      return judged.kind === 'person' && [judged.timeoutMs, judged.fallback];
    };
    const hour = { approval_timeout: '1h', approval_default: 'allow' } as const;

    t.same(terms({}), [0, null]);
    t.same(terms({ approval_timeout: '1h' }), [3_600_000, 'deny']);
    t.same(terms(hour), [3_600_000, 'allow']);
    t.same(terms(hour, request({ kind: 'question' })), [3_600_000, 'deny']);
    t.same(terms(hour, request({ options: [forGood, no] })), [3_600_000, 'deny']);
    t.same(terms(hour, request(), { claude: { approval_timeout: '5m' } }), [300_000, 'allow']);
    t.same(terms(hour, request(), { claude: { approval_timeout: '0' } }), [0, null]);
    t.same(terms(hour, request(), { other: { approval_timeout: '5m' } }), [3_600_000, 'allow']);
  },
);
