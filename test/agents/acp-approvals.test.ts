import t from 'tap';
import { maxPending } from '../../src/domain/agents/dialog/work.ts';
import { type AdapterEffect, adapterFor } from '../../src/domain/agents/index.ts';
import { maxPathChars, maxPaths } from '../../src/domain/agents/paths.ts';
import { Drive, events, outcomeIn, prompted, written } from './drive.ts';
import { allOptions, says } from './transcripts.ts';

const acp = adapterFor('acp');

function keyOf(effects: readonly AdapterEffect[]): string {
  return effects.find((effect) => effect.kind === 'approval')?.key ?? 'no approval';
}

void t.test(
  'an answer finds its option by kind, and never grants more than was decided without saying so',
  async (t) => {
    const only = (...kinds: string[]) => allOptions.filter((option) => kinds.includes(option.kind));
    const always = { always: true };
    const deny = { decision: 'deny' } as const;
    const cases: [object[], Parameters<Drive['answers']>[1], string | null][] = [
      [allOptions, {}, 'o1'],
      [allOptions, always, 'o2'],
      [allOptions, deny, 'o3'],
      [allOptions, { ...deny, ...always }, 'o4'],
      [allOptions, { optionId: 'o2' }, 'o2'],
      [allOptions, { ...deny, optionId: 'o1' }, 'o3'],
      [allOptions, { optionId: 'unknown' }, 'o1'],
      [allOptions, { decision: 'answer', text: 'Never' }, 'o4'],
      [allOptions, { decision: 'answer', text: 'hm' }, null],
      [only('allow_always', 'reject_once'), {}, 'o2'],
      [only('allow_once'), always, 'o1'],
      [only('allow_once'), deny, null],
      [only('reject_always'), deny, 'o4'],
      [[], {}, null],
    ];
    for (const [options, answer, optionId] of cases) {
      const drive = prompted();
      const asked = drive.says(says.permission(7, options));
      const effects = drive.answers(keyOf(asked), answer);

      const outcome = optionId === null ? { outcome: 'cancelled' } : { outcome: 'selected', optionId };
      t.strictSame(
        written(effects),
        [{ jsonrpc: '2.0', id: 7, result: { outcome } }],
        JSON.stringify(answer),
      );
      t.strictSame(drive.answers(keyOf(asked), answer), [], 'a second answer is not written');
    }
  },
);

void t.test('a permission request is an approval with what the agent wants to do', async (t) => {
  const drive = prompted();
  const effects = drive.says(says.permission('x-1'));

  t.match(
    effects.find((effect) => effect.kind === 'approval'),
    {
      key: 'ask-1',
      request: {
        kind: 'permission',
        title: 'Edit a.txt',
        tool: 'edit',
        input: { path: 'a.txt' },
        options: allOptions.map(({ optionId, name, kind }) => ({ id: optionId, kind, label: name })),
      },
    },
  );
  t.match(
    events(effects, 'tool.started'),
    [{ tool_call_id: 'edit-1' }],
    'a call first heard of here has begun',
  );
  drive.answers('ask-1', {});
  const after = drive.says(says.toolUpdate('edit-1', 'completed'));
  t.strictSame(after[0], { kind: 'arrived', key: 'answer:ask-1' });
});

void t.test('whatever the mode is, each request is asked, and nothing is answered', async (t) => {
  for (const approvalMode of ['ask', 'auto', 'unrestricted'] as const) {
    for (const message of [says.permission(7), says.question(8, {})]) {
      const effects = prompted({ approvalMode }).says(message);

      t.equal(keyOf(effects), 'ask-1');
      t.strictSame(written(effects), []);
    }
  }
});

void t.test('a request is about every file that its call names, wherever it says so', async (t) => {
  const pathsOf = (toolCall: object) =>
    prompted()
      .says({ id: 7, method: 'session/request_permission', params: { toolCall, options: [] } })
      .flatMap((effect) => (effect.kind === 'approval' ? [effect.request.paths] : []))[0];

  t.strictSame(
    pathsOf({
      locations: [{ path: '/work/a', line: 3 }, { path: '/work/b' }],
      content: [{ type: 'diff', path: '/work/c', newText: '' }, { type: 'terminal' }],
      rawInput: { file_path: 'd', path: '/work/a', filePath: 'e', notebook_path: 'f', absolute_path: '/g' },
    }),
    ['/work/a', '/work/b', '/work/c', 'd', 'e', 'f', '/g'],
  );
  t.strictSame(pathsOf({ rawInput: { command: 'rm -rf /', cwd: '/' } }), [], 'a command names none');
  t.strictSame(pathsOf({ locations: 'here', rawInput: [{ path: 'x' }] }), []);
  const many = Array.from({ length: maxPaths + 1 }, (_, index) => ({ path: `/${index}` }));
  t.equal(pathsOf({ locations: many }), null, 'too many are not known by some');
  t.equal(pathsOf({ locations: many.slice(1) })?.length, maxPaths);
  t.equal(pathsOf({ rawInput: { path: 'x'.repeat(maxPathChars + 1) } }), null);
});

void t.test('a question takes words, a choice, a number, a yes, or a whole form', async (t) => {
  const form = (properties: object, required: string[] = []) => ({ type: 'object', properties, required });
  const colour = { type: 'string', oneOf: [{ const: 'r', title: 'Red' }] };
  const cases: [object, Parameters<Drive['answers']>[1], object][] = [
    [form({ c: { type: 'string' } }), { text: 'blue' }, { action: 'accept', content: { c: 'blue' } }],
    [form({ c: colour }), { text: 'Red' }, { action: 'accept', content: { c: 'r' } }],
    [form({ c: colour }), { optionId: 'r' }, { action: 'accept', content: { c: 'r' } }],
    [form({ n: { type: 'integer' } }), { text: '42' }, { action: 'accept', content: { n: 42 } }],
    [form({ b: { type: 'boolean' } }), { text: 'yes' }, { action: 'accept', content: { b: true } }],
    [form({ b: { type: 'boolean' } }), { decision: 'allow' }, { action: 'accept', content: { b: true } }],
    [
      form({ l: { type: 'array', items: { enum: ['x'] } } }),
      { text: 'x, y' },
      { action: 'accept', content: { l: ['x', 'y'] } },
    ],
    [form({ a: {}, b: {} }, ['b']), { text: 'only b' }, { action: 'accept', content: { b: 'only b' } }],
    [form({ a: {}, b: {} }), { text: '{"a":1,"b":2}' }, { action: 'accept', content: { a: 1, b: 2 } }],
    [form({ c: {} }), { decision: 'deny' }, { action: 'decline' }],
  ];
  for (const [schema, answer, result] of cases) {
    const drive = prompted();
    const asked = drive.says(says.question('q', schema));
    t.match(
      asked.find((effect) => effect.kind === 'approval'),
      { request: { kind: 'question', title: 'Which colour?' } },
    );
    const effects = drive.answers(keyOf(asked), { decision: 'answer', ...answer });

    t.strictSame(written(effects), [{ jsonrpc: '2.0', id: 'q', result }], JSON.stringify(answer));
  }
  t.match(written(prompted().says(says.question(1, {}, 'url'))), [{ id: 1, error: { code: -32602 } }]);
});

void t.test(
  'a cancel answers what is open as cancelled, tells the agent once, and ends as canceled',
  async (t) => {
    const drive = prompted();
    drive.says(says.permission(7));
    drive.says(says.question(8, {}));
    const effects = drive.cancels();

    t.match(written(effects), [
      { id: 7, result: { outcome: { outcome: 'cancelled' } } },
      { id: 8, result: { action: 'cancel' } },
      { method: 'session/cancel', params: { sessionId: 's1' } },
    ]);
    t.strictSame(
      effects.flatMap((effect) => (effect.kind === 'withdrawn' ? [effect.key] : [])),
      ['ask-1', 'ask-2'],
    );
    t.strictSame(drive.cancels(), []);
    t.match(written(drive.says(says.permission(9))), [
      { id: 9, result: { outcome: { outcome: 'cancelled' } } },
    ]);
    t.match(outcomeIn(drive.says(says.stopped('cancelled'))), { status: 'canceled', reason: null });

    t.match(outcomeIn(new Drive(acp).cancels()), { status: 'canceled' }, 'before the prompt it just ends');
    const killed = prompted();
    killed.cancels();
    t.match(acp.exited(killed.state, { exitCode: 143, signal: 'SIGTERM' }), { status: 'canceled' });
  },
);

void t.test('requests are withdrawn when the agent takes them back or ends its turn', async (t) => {
  const drive = prompted();
  drive.says(says.permission('a'));
  drive.says(says.permission('b'));
  const taken = drive.says({ method: '$/cancel_request', params: { requestId: 'a' } });

  t.match(
    taken.find((effect) => effect.kind === 'withdrawn'),
    { key: 'ask-1' },
  );
  t.match(written(taken), [{ id: 'a', error: { code: -32800 } }]);
  t.match(
    drive.says(says.stopped()).find((effect) => effect.kind === 'withdrawn'),
    { key: 'ask-2' },
  );
});

void t.test('ids of the agent that repeat, and floods of requests, are bounded', async (t) => {
  const drive = prompted();
  drive.says(says.permission(7));
  const twice = drive.says(says.permission(7));
  t.equal(keyOf(twice), 'no approval');
  t.match(events(twice, 'agent.notice'), [{ text: /sent request 7 twice/ }]);
  drive.answers('ask-1', {});
  t.equal(keyOf(drive.says(says.permission(7))), 'ask-2', 'an id used again later is a request of its own');

  for (let id = 100; id < 99 + maxPending; id += 1) drive.says(says.permission(id));
  t.match(written(drive.says(says.permission(999))), [{ id: 999, error: { message: /64 requests/ } }]);
});
