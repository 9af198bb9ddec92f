import t from 'tap';
import { adapterFor } from '../../src/domain/agents/index.ts';
import { Drive, events, outcomeIn, request, written } from './drive.ts';
import { recordedMessages } from './transcripts.ts';

const claude = adapterFor('claude');

/** A drive that has read all lines of a transcript, or all before the first that fits. */
function replay(
  name: string,
  fields: ConstructorParameters<typeof Drive>[1] = {},
  until?: (line: Line) => boolean,
) {
  const drive = new Drive(claude, fields);
  for (const message of recordedMessages(name)) {
    if (until?.(message as Line) === true) break;
    drive.says(message);
  }
  return drive;
}
type Line = { readonly type: string; readonly request?: { readonly tool_name?: string } };
const asks = (tool: string) =>
  recordedMessages('claude-edit').find((line) => (line as Line).request?.tool_name === tool);
const response = (drive: Drive) =>
  (written(drive.effects).at(-1) as { response: { response: object } }).response.response;

void t.test('a whole turn: session, prompt, tools, approvals, message, usage, outcome', async (t) => {
  const { effects } = replay('claude-edit');

  t.strictSame(
    effects.filter(({ kind }) => kind === 'arrived').map((effect) => 'key' in effect && effect.key),
    ['initialize', 'prompt'],
  );
  t.match(
    effects.find(({ kind }) => kind === 'session'),
    { sessionId: /^[0-9a-f-]{36}$/ },
  );
  t.strictSame(
    effects.flatMap((effect) =>
      effect.kind === 'approval' ? [[effect.key, effect.request.kind, effect.request.title]] : [],
    ),
    [
      ['ask-1', 'permission', 'Write /work/a.txt'],
      ['ask-2', 'permission', 'Bash touch b.txt'],
      ['ask-3', 'question', 'Which colour?'],
    ],
  );
  t.strictSame(
    events(effects, 'tool.started').map(({ title, kind }) => [title, kind]),
    [
      ['Write /work/a.txt', 'edit'],
      ['Bash touch b.txt', 'execute'],
      ['AskUserQuestion', 'other'],
    ],
  );
  t.strictSame(
    events(effects, 'tool.finished').map(({ status }) => status),
    ['completed', 'failed', 'completed'],
  );
  t.strictSame(events(effects, 'thought.delta'), [{ text: 'Hm' }]);
  t.strictSame(
    events(effects, 'message.delta')
      .map(({ text }) => text)
      .join(''),
    'All done — größer 🚀',
    'what was told in pieces is not told again whole',
  );
  t.strictSame(events(effects, 'message.completed'), [{ text: 'All done — größer 🚀' }]);
  t.match(
    effects.findLast(({ kind }) => kind === 'usage'),
    { usage: { input_tokens: 480, output_tokens: 28 }, costUsd: Number },
  );
  t.match(outcomeIn(effects), { status: 'succeeded' });
});

void t.test('a permission: once, for the session, or not, in the words of the protocol', async (t) => {
  const until = (line: Line) => line.request?.tool_name === 'Bash';
  const open = () => {
    const drive = replay('claude-edit', {}, until);
    drive.says(asks('Bash'));
    return drive;
  };

  const once = open();
  once.answers('ask-2', {});
  t.match(response(once), { behavior: 'allow', updatedInput: { command: 'touch b.txt' } });
  t.notOk('updatedPermissions' in response(once));

  const always = open();
  always.answers('ask-2', { always: true });
  const { updatedPermissions } = response(always) as unknown as {
    updatedPermissions: { destination: string }[];
  };
  t.ok(updatedPermissions.length > 0);
  t.ok(
    updatedPermissions.every(({ destination }) => destination === 'session'),
    'never a file in the worktree',
  );

  const never = open();
  never.answers('ask-2', { decision: 'deny', text: 'Not here' });
  t.strictSame(response(never), { behavior: 'deny', message: 'Not here' });
  t.strictSame(never.answers('ask-2', {}), [], 'an answer is given once');
});

void t.test('a question takes an option, words, or a no', async (t) => {
  const open = () => {
    const drive = new Drive(claude, { approvalMode: 'unrestricted' });
    drive.says(asks('AskUserQuestion'));
    return drive;
  };

  const option = open();
  option.answers('ask-1', { decision: 'answer', optionId: 'Blue' });
  t.match(response(option), { behavior: 'allow', updatedInput: { answers: { 'Which colour?': 'Blue' } } });
  const words = open();
  words.answers('ask-1', { decision: 'answer', text: 'Green, rather' });
  t.match(response(words), { updatedInput: { answers: { 'Which colour?': 'Green, rather' } } });
  const no = open();
  no.answers('ask-1', { decision: 'deny' });
  t.match(response(no), { behavior: 'deny' });
});

void t.test('whatever the mode is, each request is asked, and nothing is answered', async (t) => {
  for (const approvalMode of ['ask', 'auto', 'unrestricted'] as const) {
    for (const tool of ['Bash', 'AskUserQuestion']) {
      const effects = new Drive(claude, { approvalMode }).says(asks(tool));
      t.match(effects, [{ kind: 'approval', key: 'ask-1' }]);
      t.equal(effects.length, 1);
    }
  }
});

void t.test('a request is about the file that its tool takes; a command names none', async (t) => {
  const pathsOf = (input: object, tool_name = 'Edit') =>
    new Drive(claude)
      .says({
        type: 'control_request',
        request_id: 'r1',
        request: { subtype: 'can_use_tool', tool_name, input },
      })
      .flatMap((effect) => (effect.kind === 'approval' ? [effect.request.paths] : []))[0];

  t.strictSame(pathsOf({ file_path: '/work/a.ts', old_string: '/x' }), ['/work/a.ts']);
  t.strictSame(pathsOf({ notebook_path: 'n.ipynb' }, 'NotebookEdit'), ['n.ipynb']);
  t.strictSame(pathsOf({ pattern: 'x', path: 'src' }, 'Grep'), ['src']);
  t.strictSame(pathsOf({ command: 'cat src/a.ts' }, 'Bash'), []);
  t.strictSame(pathsOf({ file_path: 7 }), []);
  const huge = { file_path: 'a.ts', content: 'x'.repeat(200_000) };
  t.strictSame(pathsOf(huge, 'Write'), ['a.ts'], 'also where the input is too large to be shown');
});

void t.test('an interrupted turn is canceled, and what it asked is withdrawn', async (t) => {
  const drive = replay('claude-edit', {}, (line) => line.type === 'result');
  const effects = drive.cancels();
  t.match(written(effects), [{ request: { subtype: 'interrupt' } }]);
  t.match(effects.filter(({ kind }) => kind === 'withdrawn').length, 3);

  const interrupted = new Drive(claude);
  interrupted.cancels();
  for (const message of recordedMessages('claude-interrupted')) interrupted.says(message);
  t.match(outcomeIn(interrupted.effects), { status: 'canceled' });
  t.match(
    interrupted.effects.filter(({ kind }) => kind === 'arrived'),
    [{ key: 'initialize' }, { key: 'prompt' }, { key: 'interrupt' }],
  );
});

void t.test('what went wrong is told by its own code', async (t) => {
  const limit = { status: 'rejected', resetsAt: 1_900_000_000, rateLimitType: 'five_hour' };
  const drive = new Drive(claude);
  drive.says({ type: 'rate_limit_event', rate_limit_info: limit });
  for (const message of recordedMessages('claude-limited')) drive.says(message);

  t.match(drive.effects.at(-1), {
    kind: 'park',
    reason: /until 2030-03-17T17:46:40.000Z/,
    until: '2030-03-17T17:46:40.000Z',
  });
  t.match(events(drive.effects, 'agent.notice'), [{ text: /Reached the limit five_hour/ }]);
  t.match(outcomeIn(replay('claude-limited').effects), { error: { code: 'rate_limited' } });
  t.match(outcomeIn(replay('claude-lost-session').effects), { error: { code: 'session_lost' } });
  t.match(events(replay('claude-overloaded').effects, 'agent.notice'), [
    { text: /answered 529 \(overloaded\); attempt 1/ },
  ]);
  const result = (fields: object) => outcomeIn(new Drive(claude).says({ type: 'result', ...fields }));
  t.match(result({ subtype: 'error_max_turns', num_turns: 3 }), {
    error: { code: 'max_turns', message: /\(3\)/ },
  });
  t.match(result({ subtype: 'error_max_budget_usd' }), { error: { code: 'max_cost' } });
  t.match(result({ subtype: 'success', is_error: true, api_error_status: 401 }), {
    error: { code: 'auth_required' },
  });
  t.match(result({ subtype: 'new_one' }), { error: { code: 'agent_error', message: /new_one/ } });
});

void t.test('its todo list becomes the plan, whole or task by task', async (t) => {
  const uses = (name: string, input: object, id = name) => ({
    type: 'assistant',
    message: { content: [{ type: 'tool_use', id, name, input }] },
  });
  const drive = new Drive(claude);
  drive.says(uses('TodoWrite', { todos: [{ content: 'Look', status: 'in_progress' }] }));
  drive.says({ type: 'user', message: {}, tool_use_result: { task: { id: '7', subject: 'Mend' } } });
  drive.says(uses('TaskUpdate', { taskId: '7', status: 'completed' }));

  t.strictSame(
    events(drive.effects, 'agent_plan.updated').map(({ entries }) => entries),
    [
      [{ content: 'Look', status: 'in_progress' }],
      [{ content: 'Mend', status: 'pending' }],
      [{ content: 'Mend', status: 'completed' }],
    ],
  );
});

void t.test('a form of an MCP server is a question, a link is refused', async (t) => {
  const drive = new Drive(claude, { approvalMode: 'unrestricted' });
  const elicitation = (request_id: string, mode: string) => ({
    type: 'control_request',
    request_id,
    request: {
      subtype: 'elicitation',
      mcp_server_name: 'tickets',
      message: 'Which project?',
      mode,
      requested_schema: {
        properties: { project: { type: 'string', enum: ['a', 'b'] } },
        required: ['project'],
      },
    },
  });

  t.match(drive.says(elicitation('e1', 'form')), [
    {
      kind: 'approval',
      request: { kind: 'question', title: 'Which project?', tool: 'tickets', options: [{ id: 'a' }, {}] },
    },
  ]);
  drive.answers('ask-1', { decision: 'answer', optionId: 'b' });
  t.strictSame(response(drive), { action: 'accept', content: { project: 'b' } });
  t.match(written(drive.says(elicitation('e2', 'url'))), [{ response: { subtype: 'error' } }]);
});

void t.test('a request that drover has no answer to is refused, one taken back is withdrawn', async (t) => {
  const drive = new Drive(claude);
  t.match(
    written(drive.says({ type: 'control_request', request_id: 'r1', request: { subtype: 'mcp_message' } })),
    [{ response: { subtype: 'error', request_id: 'r1' } }],
  );
  const asked = asks('Bash') as { request_id: string };
  drive.says(asked);
  t.match(drive.says({ type: 'control_cancel_request', request_id: asked.request_id }), [
    { kind: 'withdrawn' },
  ]);
});

void t.test(
  'the command line asks about everything, and reads nothing of a repository that is not trusted',
  async (t) => {
    const untrusted = claude.commandLine(['claude'], request({ isTrusted: false }));
    const whole = claude.commandLine(
      ['claude', '--x'],
      request({ model: 'm', maxTurns: 3, maxCostUsd: 0.5, sessionId: 's' }),
    );

    t.ok(untrusted.includes('--setting-sources=user'));
    t.ok(untrusted.includes('--permission-prompt-tool=stdio'));
    t.strictSame(whole.slice(0, 3), ['claude', '--x', '-p']);
    t.strictSame(whole.slice(-4), ['--model=m', '--max-budget-usd=0.5', '--max-turns=3', '--resume=s']);
    t.notOk(whole.includes('--setting-sources=user'));
  },
);

void t.test('the prompt is known by its uuid, which the run gives it', async (t) => {
  const uuid = (runId: string) => written(new Drive(claude, { runId }).effects)[1]?.uuid as string;

  t.match(uuid('run_a'), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.equal(uuid('run_a'), uuid('run_a'));
  t.not(uuid('run_a'), uuid('run_b'));
});
