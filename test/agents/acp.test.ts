import t from 'tap';
import { adapterFor } from '../../src/domain/agents/index.ts';
import { Drive, events, outcomeIn, prompted, written } from './drive.ts';
import { ordinaryTurn, says } from './transcripts.ts';

const acp = adapterFor('acp');

void t.test('the handshake says what drover is and offers neither files nor terminal', async (t) => {
  const drive = new Drive(acp);
  const [hello] = written(drive.effects);

  t.match(hello, {
    id: 1,
    method: 'initialize',
    params: { protocolVersion: 1, clientInfo: { name: 'drover' } },
  });
  t.match(hello?.params, {
    clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
  });
  t.match(written(drive.says(says.initialized())), [
    { id: 2, method: 'session/new', params: { cwd: '/work' } },
  ]);
  const opened = drive.says(says.opened());
  t.match(
    opened.find((effect) => effect.kind === 'session'),
    { sessionId: 's1' },
  );
  t.match(written(opened), [{ id: 4, method: 'session/prompt', params: { prompt: [{ text: 'Do it' }] } }]);
  t.notMatch(JSON.stringify(drive.state), 'Do it', 'the prompt has left the state');
});

void t.test('only the prompt must not be written twice, and each write is seen to arrive', async (t) => {
  const drive = prompted();
  const writes = drive.effects.flatMap((effect) =>
    effect.kind === 'write' ? [[effect.key, effect.replay]] : [],
  );

  t.strictSame(writes, [
    ['initialize', 'safe'],
    ['session/open', 'safe'],
    ['session/prompt', 'unsafe'],
  ]);
  drive.says(says.update('available_commands_update', { availableCommands: [] }));
  const arrived = () => drive.effects.flatMap((effect) => (effect.kind === 'arrived' ? [effect.key] : []));
  t.strictSame(arrived(), ['initialize', 'session/open'], 'a menu proves nothing');
  drive.says(says.message('Hello'));
  drive.says(says.message(' again'));
  drive.says(says.stopped());
  t.strictSame(arrived(), ['initialize', 'session/open', 'session/prompt']);
});

void t.test('a message that its agent did not end is told as partial, once, and is no result', async (t) => {
  const drive = prompted();
  drive.says(says.message('I will look and th'));

  const left = drive.take(acp.left(drive.state));

  t.strictSame(left, [
    {
      kind: 'event',
      event: { type: 'message.completed', data: { text: 'I will look and th', partial: true } },
    },
  ]);
  t.strictSame(drive.take(acp.left(drive.state)), []);
  const whole = prompted();
  whole.says(says.message('All done.'));
  whole.says(says.stopped());
  t.strictSame(whole.take(acp.left(whole.state)), [], 'nothing is open after a turn');
});

void t.test('an ordinary turn becomes the events of the contract', async (t) => {
  const drive = new Drive(acp);
  for (const message of ordinaryTurn) drive.says(message);
  const { effects } = drive;

  t.strictSame(
    events(effects, 'message.delta').map((data) => data.text),
    ['I will ', 'look.', 'All done.'],
  );
  t.strictSame(events(effects, 'message.completed'), [{ text: 'I will look.' }, { text: 'All done.' }]);
  t.strictSame(events(effects, 'thought.delta'), [{ text: 'Hm — größer 🚀' }]);
  t.strictSame(events(effects, 'tool.started'), [
    { tool_call_id: 't1', title: 'Tool t1', kind: 'read', input: { path: 'a.txt' } },
  ]);
  t.strictSame(events(effects, 'tool.updated'), [{ tool_call_id: 't1', status: 'in_progress' }]);
  t.strictSame(events(effects, 'tool.finished'), [{ tool_call_id: 't1', status: 'completed' }]);
  t.strictSame(events(effects, 'agent_plan.updated'), [
    { entries: [{ content: 'Look', status: 'pending' }] },
  ]);
  t.strictSame(events(effects, 'agent.notice'), [{ text: 'Slow: retrying' }]);
  t.match(
    effects.findLast((effect) => effect.kind === 'usage'),
    {
      usage: { context_tokens: 1200, context_size: 200_000, input_tokens: 1, output_tokens: 2 },
      costUsd: 0.25,
    },
  );
  t.match(
    effects.findLast((effect) => effect.kind === 'result'),
    { text: 'All done.' },
  );
  t.match(outcomeIn(effects), { status: 'succeeded', reason: null });
});

void t.test('stop reasons and errors are outcomes', async (t) => {
  const cases: [object, object][] = [
    [says.stopped('end_turn'), { status: 'succeeded' }],
    [says.stopped('max_tokens'), { status: 'failed', error: { code: 'max_tokens' } }],
    [says.stopped('max_turn_requests'), { status: 'failed', error: { code: 'max_turns' } }],
    [says.stopped('refusal'), { status: 'failed', error: { code: 'agent_error' } }],
    [says.stopped('cancelled'), { status: 'canceled' }],
    [says.stopped('bored'), { status: 'failed', error: { code: 'protocol_error' }, reason: /'bored'/ }],
    [says.failed(4, -32000, 'no'), { status: 'failed', error: { code: 'auth_required' }, reason: /sign in/ }],
    [
      says.failed(4, -32603, 'broken'),
      { status: 'failed', error: { code: 'agent_error' }, reason: /broken/ },
    ],
  ];
  for (const [message, outcome] of cases) {
    const drive = prompted();
    const effects = drive.says(message);

    t.match(outcomeIn(effects), outcome, JSON.stringify(message));
    t.strictSame(drive.says(says.message('late')), [], 'and nothing after it');
    t.match(acp.exited(drive.state, { exitCode: 9, signal: null }), outcome, 'the exit changes nothing');
  }
});

void t.test('an agent that cannot begin says why', async (t) => {
  const old = new Drive(acp);
  t.match(outcomeIn(old.says({ id: 1, result: { protocolVersion: 9 } })), { reason: /ACP version 9/ });

  const locked = new Drive(acp);
  locked.says(says.initialized({}, { authMethods: [{ id: 'x', name: 'Log in with Acme' }] }));
  t.match(outcomeIn(locked.says(says.failed(2, -32000, 'Authentication required'))), {
    error: { code: 'auth_required' },
    reason: /sign in \(Log in with Acme\)/,
  });

  const dead = new Drive(acp);
  dead.says('npm warn something\n\u001b[31mError: Cannot find module x\u001b[0m', 'stderr');
  t.match(acp.exited(dead.state, { exitCode: 1, signal: null }), {
    error: { code: 'agent_exited' },
    reason: /ended with exit code 1 before it was ready: .*Cannot find module x/,
  });

  t.match(acp.exited(prompted().state, { exitCode: 0, signal: null }), {
    status: 'failed',
    reason: 'The agent ended with exit code 0 before it answered the prompt',
  });
  t.match(acp.exited(prompted().state, { exitCode: 137, signal: 'SIGKILL' }), {
    reason: /was ended by SIGKILL/,
  });
});

void t.test('a session goes on where the agent can, and the run fails where it cannot', async (t) => {
  const ways: [object, string | null][] = [
    [{ sessionCapabilities: { resume: {} }, loadSession: true }, 'session/resume'],
    [{ loadSession: true }, 'session/load'],
    [{}, null],
  ];
  for (const [capabilities, method] of ways) {
    const drive = new Drive(acp, { sessionId: 's1' });
    const effects = drive.says(says.initialized(capabilities));

    if (method === null) {
      t.match(outcomeIn(effects), { error: { code: 'session_lost' }, reason: /'s1'/ });
      continue;
    }
    t.match(written(effects), [{ id: 2, method, params: { sessionId: 's1', cwd: '/work' } }]);
    t.strictSame(drive.says(says.message('old words')), [], 'replayed history is no news');
    t.match(written(drive.says({ id: 2, result: {} })), [
      { method: 'session/prompt', params: { sessionId: 's1' } },
    ]);
  }
});

void t.test('a session that the agent forgot was told as an error like any other', async (t) => {
  const drive = new Drive(acp, { sessionId: 's1' });
  drive.says(says.initialized({ loadSession: true }));

  const effects = drive.says({ id: 2, error: { code: -32_002, message: 'Resource not found: s1' } });

  const reason = "The agent cannot go on with the session 's1': Resource not found: s1";
  t.match(outcomeIn(effects), { status: 'failed', error: { code: 'session_lost' }, reason });
});

void t.test(
  'an error tells its details in words, and a provider that refuses for now as what it is',
  async (t) => {
    const lost = new Drive(acp, { sessionId: 's1' });
    lost.says(says.initialized({ loadSession: true }));
    const data = { details: 'No previous sessions' };

    const effects = lost.says({ id: 2, error: { code: -32_603, message: 'Internal error', data } });

    t.match(outcomeIn(effects), { reason: /'s1': Internal error \(No previous sessions\)$/ });
    t.match(outcomeIn(prompted().says(says.failed(4, 429, 'Slow down'))), {
      error: { code: 'rate_limited' },
      reason: /refused for now \(429\): Slow down/,
    });
  },
);

void t.test('a model is set, or the run fails: never ignored', async (t) => {
  const option = (options: object[]) => ({
    configOptions: [
      { id: 'm', name: 'Model', category: 'model', type: 'select', currentValue: 'a', options },
    ],
  });
  const flat = option([
    { value: 'a', name: 'Model A' },
    { value: 'b', name: 'Model B' },
  ]);
  const grouped = option([{ group: 'g', name: 'G', options: [{ value: 'b', name: 'Model B' }] }]);
  for (const [model, session] of [
    ['b', flat],
    ['model b', flat],
    ['b', grouped],
  ] as const) {
    const drive = new Drive(acp, { model });
    drive.says(says.initialized());
    t.match(written(drive.says(says.opened(session))), [
      { id: 3, method: 'session/set_config_option', params: { sessionId: 's1', configId: 'm', value: 'b' } },
    ]);
    t.match(written(drive.says({ id: 3, result: { configOptions: [] } })), [{ method: 'session/prompt' }]);
  }
  for (const [session, reason] of [
    [flat, /no model 'c'; it offers a, b/],
    [{ models: { availableModels: [{ modelId: 'a' }] } }, /no model 'c'; it offers a/],
    [{}, /does not let its model be chosen/],
  ] as const) {
    const drive = new Drive(acp, { model: 'c' });
    drive.says(says.initialized());
    t.match(outcomeIn(drive.says(says.opened(session))), { error: { code: 'option_unsupported' }, reason });
  }
  const older = new Drive(acp, { model: 'model b' });
  older.says(says.initialized());
  const listed = { models: { availableModels: [{ modelId: 'b', name: 'Model B' }] } };
  t.match(written(older.says(says.opened(listed))), [
    { id: 3, method: 'session/set_model', params: { sessionId: 's1', modelId: 'b' } },
  ]);
  t.match(written(older.says({ id: 3, result: {} })), [{ method: 'session/prompt' }]);
  const refused = new Drive(acp, { model: 'b' });
  refused.says(says.initialized());
  refused.says(says.opened(flat));
  t.match(outcomeIn(refused.says(says.failed(3, -32602, 'not today'))), { reason: /model 'b': not today/ });
});

void t.test('turns are counted and one too many ends the run', async (t) => {
  const turn = (drive: Drive, id: string) => {
    drive.says(says.message('Thinking. '));
    drive.says(says.tool(`${id}a`));
    drive.says(says.tool(`${id}b`));
    drive.says(says.toolUpdate(`${id}a`, 'completed'));
    drive.says(says.message('still the same turn: a tool is open'));
    return drive.says(says.toolUpdate(`${id}b`, 'failed'));
  };
  const drive = prompted({ maxTurns: 2 });
  turn(drive, '1');
  turn(drive, '2');
  t.equal(outcomeIn(drive.effects), undefined);
  const effects = drive.says(says.message('a third'));

  t.match(written(effects), [{ method: 'session/cancel' }]);
  t.match(outcomeIn(effects), { status: 'failed', error: { code: 'max_turns' }, reason: /after 2 turns/ });
  t.strictSame(events(effects, 'message.delta'), []);

  const exact = prompted({ maxTurns: 1 });
  exact.says(says.message('only one'));
  t.match(outcomeIn(exact.says(says.stopped())), { status: 'succeeded' });
});

void t.test('what drover does not offer is refused by JSON-RPC', async (t) => {
  const drive = prompted();
  for (const method of ['fs/read_text_file', 'fs/write_text_file', 'terminal/create', 'new/thing']) {
    t.match(written(drive.says({ id: 5, method, params: {} })), [{ id: 5, error: { code: -32601 } }], method);
  }
});

void t.test('noise, repeats, strangers and overlong lines change nothing', async (t) => {
  const drive = prompted();

  t.match(events(drive.says('Loading plugins…'), 'output.stdout'), [
    { text: 'Loading plugins…', partial: false },
  ]);
  t.match(events(drive.says('{"jsonrpc":"2.0","id":4,"resu'), 'output.stdout'), [{ partial: false }]);
  t.strictSame(drive.says(says.initialized()), [], 'a second answer');
  t.strictSame(drive.says(says.opened()), []);
  t.match(events(drive.says({ id: 77, result: {} }), 'agent.notice'), [{ text: /never made \(77\)/ }]);
  t.strictSame(drive.says({ id: 78, result: {} }), [], 'told once');
  t.strictSame(drive.says(says.update('brand_new_kind', {})), []);
  t.strictSame(drive.says(says.update('tool_call', { toolCallId: 'x' }, 'another session')), []);
  const long = { stream: 'stdout' as const, text: JSON.stringify(says.stopped()), offset: 0, bytes: 9 };
  t.match(events(drive.take(acp.read(drive.state, { ...long, partial: true })), 'agent.notice'), [
    { text: /too long/ },
  ]);
  t.strictSame(drive.take(acp.read(drive.state, { ...long, partial: true })), []);
  t.strictSame(drive.take(acp.read(drive.state, { ...long, partial: false })), [], 'the rest of it too');
  t.match(outcomeIn(drive.says(says.stopped())), { status: 'succeeded' }, 'and the next line is read');
});

void t.test('what an agent sends is bounded before it is stored', async (t) => {
  const drive = prompted();
  const text = 'x'.repeat(3 * 2 ** 20);
  const nested = JSON.parse(`${'['.repeat(2000)}${']'.repeat(2000)}`);
  drive.says(says.message(text));
  t.ok(JSON.stringify(drive.state).length < 1.1 * 2 ** 20, 'the state');
  const effects = drive.says(says.tool('t1', { title: text, rawInput: { text } }));
  const deep = drive.says(says.tool('t2', { rawInput: nested }));

  t.equal(
    events(drive.effects, 'message.delta')
      .map((data) => data.text)
      .join(''),
    text,
    'no piece is lost',
  );
  t.equal(String(events(effects, 'message.completed')[0]?.text).length, 2 ** 20);
  t.ok(JSON.stringify(events(effects, 'tool.started')).length < 10_000);
  t.match(JSON.stringify(events(deep, 'tool.started')), /nested too deeply/);
});

void t.test('a negative zero, which JSON cannot keep, is a zero', async (t) => {
  const drive = prompted();
  const line = JSON.stringify(says.tool('t1', { rawInput: 'ZERO' })).replace('"ZERO"', '-0');
  const [started] = events(drive.says(line), 'tool.started');
  const request = JSON.stringify(says.permission('ID')).replace('"ID"', '-0');
  drive.says(request);

  t.ok(Object.is(started?.input, 0));
  t.match(written(drive.answers('ask-1', {})), [{ id: 0 }]);
});
