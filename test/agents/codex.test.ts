import t from 'tap';
import { adapterFor, assertSupported } from '../../src/domain/agents/index.ts';
import { Drive, events, outcomeIn, written } from './drive.ts';
import { recordedMessages } from './transcripts.ts';

const codex = adapterFor('codex');
type Fields = ConstructorParameters<typeof Drive>[1];
type Line = { readonly id?: number; readonly method?: string; readonly params?: Record<string, unknown> };

const lines = recordedMessages('codex-edit') as Line[];
const started = lines.find((line) => line.method === 'thread/started')?.params?.thread as {
  readonly id: string;
};
const thread = started.id;

/** A drive that has read all lines of a transcript, or all before the first that fits. */
function replay(name: string, fields: Fields = {}, until?: (line: Line) => boolean): Drive {
  const drive = new Drive(codex, fields);
  for (const message of recordedMessages(name)) {
    if (until?.(message as Line) === true) break;
    drive.says(message);
  }
  return drive;
}

/** One whose turn has begun. */
const working = (fields: Fields = {}) =>
  replay('codex-edit', fields, (line) => line.method === 'item/started');
const says = (drive: Drive, method: string, params: object, id?: number) =>
  drive.says({ method, params: { threadId: thread, ...params }, ...(id !== undefined && { id }) });
const lastResult = (drive: Drive) => written(drive.effects).at(-1)?.result;
const asksForCommand = { itemId: 'c1', command: "/bin/sh -c 'make'", commandActions: [{ command: 'make' }] };

void t.test('a whole turn: thread, prompt, tools, approvals, message, usage, outcome', async (t) => {
  const { effects } = replay('codex-edit');

  t.strictSame(
    effects.flatMap((effect) => (effect.kind === 'arrived' ? [effect.key] : [])),
    ['initialize', 'thread', 'turn'],
  );
  t.match(
    effects.find(({ kind }) => kind === 'session'),
    { sessionId: thread },
  );
  t.strictSame(
    effects.flatMap((effect) =>
      effect.kind === 'approval' ? [[effect.request.tool, effect.request.title]] : [],
    ),
    [
      ['edit', 'Edit /work/a.txt'],
      ['shell', 'Run touch b.txt'],
    ],
  );
  t.match(
    effects.find(({ kind }) => kind === 'approval'),
    { request: { input: { changes: [{ path: '/work/a.txt', kind: 'add', diff: 'größer 🚀\n' }] } } },
  );
  t.strictSame(
    events(effects, 'tool.finished').map(({ status }) => status),
    ['completed', 'failed'],
  );
  t.strictSame(events(effects, 'thought.delta'), [{ text: 'Hm' }]);
  t.strictSame(events(effects, 'message.completed'), [{ text: 'All done — größer 🚀' }]);
  t.equal(events(effects, 'message.delta').length, 2);
  t.match(
    effects.findLast(({ kind }) => kind === 'usage'),
    { usage: { input_tokens: 360, output_tokens: 21, context_tokens: 127 } },
  );
  t.match(outcomeIn(effects), { status: 'succeeded' });
});

void t.test('the thread is told what drover knows of its folder, and what may be done unasked', async (t) => {
  const threadOf = (fields: Fields) =>
    written(replay('codex-edit', fields, (line) => line.id === 2).effects).at(-1) as {
      method: string;
      params: object;
    };

  const ask = threadOf({ isTrusted: false, model: 'm' });
  t.match(ask, {
    method: 'thread/start',
    params: { approvalPolicy: 'untrusted', sandbox: 'workspace-write', model: 'm' },
  });
  t.match(ask.params, { config: { projects: { '/work': { trust_level: 'untrusted' } } } });
  t.match(threadOf({ approvalMode: 'auto' }).params, {
    approvalPolicy: 'on-request',
    sandbox: 'workspace-write',
  });
  t.match(threadOf({ approvalMode: 'unrestricted' }).params, { sandbox: 'danger-full-access' });
  t.match(threadOf({ sessionId: 'x' }), { method: 'thread/resume', params: { threadId: 'x' } });
});

void t.test('only the prompt must not be written twice', async (t) => {
  const writes = replay('codex-edit').effects.flatMap((effect) => (effect.kind === 'write' ? [effect] : []));

  t.strictSame(
    writes.filter(({ replay }) => replay === 'unsafe').map(({ key }) => key),
    ['turn'],
  );
});

void t.test('a permission: once, for the session, or not', async (t) => {
  const decide = (answer: Parameters<Drive['answers']>[1]) => {
    const drive = working();
    says(drive, 'item/commandExecution/requestApproval', asksForCommand, 7);
    drive.answers('ask-1', answer);
    return lastResult(drive);
  };

  t.strictSame(decide({}), { decision: 'accept' });
  t.strictSame(decide({ always: true }), { decision: 'acceptForSession' });
  t.strictSame(decide({ decision: 'answer', optionId: 'always' }), { decision: 'acceptForSession' });
  t.strictSame(decide({ decision: 'deny' }), { decision: 'decline' });
});

void t.test('more rights, a question and a form are answered in their own shapes', async (t) => {
  const permissions = { fileSystem: { write: ['/etc'] } };
  const rights = working();
  says(rights, 'item/permissions/requestApproval', { itemId: 'p', permissions, reason: 'to install' }, 7);
  rights.answers('ask-1', { always: true });
  t.strictSame(lastResult(rights), { permissions, scope: 'session' });

  const questions = [
    { id: 'colour', question: 'Which colour?', options: [{ label: 'Red', description: 'warm' }] },
    { id: 'size', question: 'Which size?', options: null },
  ];
  const asked = working({ approvalMode: 'unrestricted' });
  says(asked, 'item/tool/requestUserInput', { itemId: 'q', questions }, 8);
  asked.answers('ask-1', { decision: 'answer', text: '{"colour":"Red","size":"9"}' });
  t.strictSame(lastResult(asked), { answers: { colour: { answers: ['Red'] }, size: { answers: ['9'] } } });

  const requestedSchema = { properties: { name: { type: 'string' } }, required: ['name'] };
  const form = working();
  says(form, 'mcpServer/elicitation/request', { mode: 'form', message: 'Name?', requestedSchema }, 9);
  form.answers('ask-1', { decision: 'answer', text: 'Ada' });
  t.strictSame(lastResult(form), { action: 'accept', content: { name: 'Ada' }, _meta: null });
});

void t.test('whatever the mode is, each request is asked, and nothing is answered', async (t) => {
  for (const approvalMode of ['ask', 'auto', 'unrestricted'] as const) {
    const drive = working({ approvalMode });
    const questions = [{ id: 'q', question: 'Which?' }];
    const command = says(drive, 'item/commandExecution/requestApproval', asksForCommand, 7);
    const question = says(drive, 'item/tool/requestUserInput', { itemId: 'q', questions }, 8);

    t.strictSame(
      [...command, ...question].map(({ kind }) => kind),
      ['approval', 'approval'],
    );
  }
});

void t.test(
  'an edit is about the files that it changes and those it moves to; a command names none',
  async (t) => {
    const pathsOf = (method: string, params: object, changes?: readonly object[]) => {
      const drive = working();
      if (changes !== undefined)
        says(drive, 'item/started', { item: { type: 'fileChange', id: 'e1', changes } });
      return says(drive, method, params, 7).flatMap((effect) =>
        effect.kind === 'approval' ? [effect.request.paths] : [],
      )[0];
    };
    const edit = 'item/fileChange/requestApproval';
    const changes = [
      { path: '/work/a', kind: { type: 'update', move_path: '/work/b' }, diff: '' },
      { path: '/work/c', kind: { type: 'delete' }, diff: '' },
    ];

    t.strictSame(pathsOf(edit, { itemId: 'e1' }, changes), ['/work/a', '/work/b', '/work/c']);
    t.strictSame(pathsOf(edit, { itemId: 'e1', grantRoot: '/work' }, changes)?.at(-1), '/work');
    t.equal(pathsOf(edit, { itemId: 'e1' }), null, 'of an edit that was never told nothing is known');
    t.equal(pathsOf(edit, { itemId: 'e1', grantRoot: '/work' }), null);
    t.strictSame(pathsOf('item/commandExecution/requestApproval', { ...asksForCommand, cwd: '/work' }), []);
  },
);

void t.test('a cancel interrupts the turn; before there is one, it is the end', async (t) => {
  const drive = working();
  says(drive, 'item/commandExecution/requestApproval', asksForCommand, 7);
  const effects = drive.cancels();
  t.match(effects, [
    { kind: 'withdrawn', key: 'ask-1' },
    { kind: 'write', key: 'interrupt' },
  ]);
  t.match(outcomeIn(says(drive, 'turn/completed', { turn: { status: 'interrupted' } })), {
    status: 'canceled',
  });

  t.match(outcomeIn(new Drive(codex).cancels()), { status: 'canceled' });
  t.match(
    outcomeIn(replay('codex-interrupted').effects),
    { status: 'canceled' },
    'also when it was not told to',
  );
});

void t.test(
  'a request that Codex gave up is withdrawn; one that drover does not know is refused',
  async (t) => {
    const drive = working();
    says(drive, 'item/commandExecution/requestApproval', asksForCommand, 7);
    t.match(says(drive, 'serverRequest/resolved', { requestId: 7 }), [{ kind: 'withdrawn', key: 'ask-1' }]);
    t.match(written(says(drive, 'attestation/generate', {}, 8)), [{ id: 8, error: { code: -32601 } }]);
  },
);

void t.test(
  'its turns are counted by the answers of the model, and the one too many ends the run',
  async (t) => {
    const drive = working({ maxTurns: 1 });
    says(drive, 'item/started', { item: { type: 'commandExecution', id: 'c1', command: 'ls' } });
    says(drive, 'item/completed', { item: { type: 'commandExecution', id: 'c1', command: 'ls' } });
    says(drive, 'thread/tokenUsage/updated', { tokenUsage: { total: { inputTokens: 1, outputTokens: 1 } } });
    const effects = says(drive, 'item/agentMessage/delta', { delta: 'More' });

    t.match(written(effects), [{ method: 'turn/interrupt' }]);
    t.match(outcomeIn(effects), {
      error: { code: 'max_turns', message: 'The run was stopped after 1 turn, its limit' },
    });
  },
);

void t.test('a request that Codex is too busy for is made again, five times', async (t) => {
  const drive = new Drive(codex);
  const refuse = () =>
    drive.says({ id: 1, error: { code: -32001, message: 'Server overloaded; retry later.' } });
  const keys = [1, 2, 3, 4, 5].map(() =>
    refuse().flatMap((effect) => (effect.kind === 'write' ? [effect.key] : [])),
  );

  t.strictSame(keys.flat(), ['initialize:2', 'initialize:3', 'initialize:4', 'initialize:5', 'initialize:6']);
  t.match(outcomeIn(refuse()), { error: { code: 'agent_error' } });
});

void t.test('what went wrong is told by its own code', async (t) => {
  const failedWith = (codexErrorInfo: unknown, drive = working()) =>
    outcomeIn(
      says(drive, 'turn/completed', { turn: { status: 'failed', error: { message: 'Oh', codexErrorInfo } } }),
    );
  const limited = working();
  says(limited, 'account/rateLimits/updated', {
    rateLimits: {
      primary: { usedPercent: 20, resetsAt: 1_800_000_000 },
      secondary: { usedPercent: 100, resetsAt: 1_900_000_000 },
    },
  });

  t.equal(failedWith('usageLimitExceeded', limited), undefined);
  t.match(limited.effects.at(-1), {
    kind: 'park',
    until: '2030-03-17T17:46:40.000Z',
  });
  t.match(outcomeIn(replay('codex-limited').effects), { error: { code: 'rate_limited' } });
  t.match(outcomeIn(replay('codex-lost-session', { sessionId: 'x' }).effects), {
    error: { code: 'session_lost' },
  });
  t.match(failedWith({ responseStreamDisconnected: { httpStatusCode: 401 } }), {
    error: { code: 'auth_required' },
  });
  t.match(failedWith('contextWindowExceeded'), { error: { code: 'max_tokens' } });
  t.match(failedWith('other'), { error: { code: 'agent_error', message: 'The agent failed: Oh' } });
  t.match(failedWith(null), { error: { code: 'agent_error' } });
});

void t.test('plans and retries are told; another thread’s doings are not', async (t) => {
  const drive = working();
  says(drive, 'turn/plan/updated', { plan: [{ step: 'Look', status: 'inProgress' }] });
  says(drive, 'error', { willRetry: true, error: { message: 'Reconnecting... 1/5' } });
  const others = drive.says({
    method: 'item/agentMessage/delta',
    params: { threadId: 'other', delta: 'psst' },
  });

  t.strictSame(events(drive.effects, 'agent_plan.updated'), [
    { entries: [{ content: 'Look', status: 'in_progress' }] },
  ]);
  t.match(events(drive.effects, 'agent.notice').at(-1), { text: 'Reconnecting... 1/5' });
  t.strictSame(others, []);
});

void t.test('a limit of cost is refused, because Codex tells none', async (t) => {
  const none = { approvalMode: 'ask', model: null, maxTurns: null, maxTokens: 9, sessionId: null } as const;
  for (const command of [[], ['codex', 'exec']]) {
    const agent = { runtime: 'codex', command } as const;
    t.throws(() => assertSupported(agent, { ...none, approvalMode: 'auto', maxCostUsd: 2 }), {
      code: 'option_unsupported',
      message: /tells no cost, so that it cannot be limited to \$2/,
    });
    t.doesNotThrow(() => assertSupported(agent, { ...none, approvalMode: 'auto', maxCostUsd: null }));
  }
});
