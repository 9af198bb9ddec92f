import t from 'tap';
import { adapterFor } from '../../src/domain/agents/index.ts';
import { Drive, outcomeIn, prompted, written } from './drive.ts';
import { says } from './transcripts.ts';

const claude = {
  started: (write: unknown) => ({
    type: 'command_lifecycle',
    state: 'started',
    command_uuid: (write as { uuid: string }).uuid,
  }),
  done: { type: 'result', subtype: 'success', result: 'ok' },
  limited: (resetsAt = 1_900_000_000) => [
    { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt } },
    { type: 'assistant', error: 'rate_limit', message: { content: [] } },
    { type: 'result', subtype: 'success', is_error: true, api_error_status: 429, result: 'Limit' },
  ],
  works: { type: 'assistant', message: { content: [{ type: 'text', text: 'Hm' }] } },
};
const codex = {
  begun: () => {
    const drive = new Drive(adapterFor('codex'));
    drive.says({ id: 1, result: {} });
    drive.says({ id: 2, result: { thread: { id: 't1' } } });
    drive.says({ id: 3, result: { turn: { id: 'u1' } } });
    return drive;
  },
  say: (method: string, params: object) => ({ method, params: { threadId: 't1', ...params } }),
  read: (clientId: string) => codex.say('item/started', { item: { type: 'userMessage', id: 'm', clientId } }),
  done: (id: string, more: object = { status: 'completed' }) =>
    codex.say('turn/completed', { turn: { id, ...more } }),
};
const fates = (drive: Drive) =>
  drive.effects.flatMap((effect) => (effect.kind === 'heard' ? [[effect.key, effect.unreadBecause]] : []));

void t.test('claude: a turn that ends before a message was taken up is not the last one', async (t) => {
  const drive = new Drive(adapterFor('claude'));
  const [line] = written(drive.sends('inp_1', 'And then?'));
  t.match(line, { type: 'user', uuid: String, message: { content: [{ text: 'And then?' }] } });

  t.equal(outcomeIn(drive.says(claude.done)), undefined, 'it was not read yet');
  drive.says(claude.started(line));
  t.strictSame(fates(drive), [['inp_1', null]]);
  t.match(outcomeIn(drive.says(claude.done)), { status: 'succeeded' });
});

void t.test('claude: a message that was taken into the turn at work ends with it', async (t) => {
  const drive = new Drive(adapterFor('claude'));
  const [line] = written(drive.sends('inp_1', 'Also that'));

  drive.says({ type: 'user', uuid: line?.uuid, isReplay: true, message: { content: [] } });

  t.match(outcomeIn(drive.says(claude.done)), { status: 'succeeded' });
});

void t.test('claude: the same message has the same uuid each time, another one another', async (t) => {
  const line = (key: string) => written(new Drive(adapterFor('claude')).sends(key, 'x'))[0]?.uuid;

  t.equal(line('inp_1'), line('inp_1'));
  t.not(line('inp_1'), line('inp_2'));
  const { effects } = new Drive(adapterFor('claude'));
  t.ok(effects.every((effect) => effect.kind !== 'write' || effect.replay === 'safe'));
});

void t.test(
  'codex: a message is a turn/start of its own, which its server may take into the turn at work',
  async (t) => {
    const drive = codex.begun();
    const effects = drive.sends('inp_1', 'Also that');
    t.match(effects, [{ kind: 'write', key: 'say:inp_1', replay: 'unsafe' }]);
    t.match(written(effects), [
      { id: 100, method: 'turn/start', params: { threadId: 't1', clientUserMessageId: 'inp_1' } },
    ]);

    drive.says({ id: 100, result: { turn: { id: 'u1' } } });
    t.strictSame(fates(drive), [], 'that it was taken is not that it was read');
    drive.says(codex.read('inp_1'));

    t.strictSame(fates(drive), [['inp_1', null]]);
    t.match(outcomeIn(drive.says(codex.done('u1'))), { status: 'succeeded' });
  },
);

void t.test('codex: an answer that a message cut short is not run into the next one', async (t) => {
  const drive = codex.begun();
  const said = (id: string, delta: string) => {
    drive.says(codex.say('item/started', { item: { type: 'agentMessage', id } }));
    drive.says(codex.say('item/agentMessage/delta', { itemId: id, delta }));
  };
  said('m1', 'A long st');
  drive.says(codex.read('inp_1'));
  said('m2', 'As you say');
  drive.says(codex.say('item/completed', { item: { type: 'agentMessage', id: 'm2', text: 'As you say' } }));

  const results = drive.effects.flatMap((effect) => (effect.kind === 'result' ? [effect.text] : []));
  t.strictSame(results, ['A long st', 'As you say']);
});

void t.test('codex: a message that came too late for its turn is read in one more', async (t) => {
  const drive = codex.begun();
  drive.sends('inp_1', 'One more thing');

  t.equal(outcomeIn(drive.says(codex.done('u1'))), undefined);
  drive.says({ id: 100, result: { turn: { id: 'u2' } } });
  drive.says(codex.say('turn/started', { turn: { id: 'u2' } }));
  drive.says(codex.read('inp_1'));

  t.match(outcomeIn(drive.says(codex.done('u2'))), { status: 'succeeded' });
});

void t.test('codex: what it refuses, or takes and never comes to, is told as unread', async (t) => {
  const refused = codex.begun();
  refused.sends('inp_1', 'One more thing');
  refused.says(codex.done('u1'));
  const end = refused.says({ id: 100, error: { code: -32600, message: 'no' } });
  t.match(outcomeIn(end), { status: 'succeeded' }, 'the turn before it decides');
  t.strictSame(fates(refused), [['inp_1', 'Codex did not take it: no']]);

  const lost = codex.begun();
  lost.sends('inp_1', 'One more thing');
  lost.says({ id: 100, result: { turn: { id: 'u1' } } });
  t.match(outcomeIn(lost.says(codex.done('u1'))), { status: 'succeeded' });
  t.strictSame(fates(lost), [['inp_1', 'The turn ended before Codex came to it']]);
});

void t.test('codex: what is said before there is a thread waits for it', async (t) => {
  const drive = new Drive(adapterFor('codex'));
  t.strictSame(drive.sends('inp_1', 'early'), []);

  drive.says({ id: 1, result: {} });
  const opened = written(drive.says({ id: 2, result: { thread: { id: 't1' } } }));

  t.match(
    opened.map(({ method, id }) => [method, id]),
    [
      ['turn/start', 3],
      ['turn/start', 100],
    ],
  );
  t.notMatch(JSON.stringify(drive.state), 'early');
});

void t.test('acp: messages are prompts of their own, one after the other', async (t) => {
  const drive = prompted();
  t.strictSame([...drive.sends('inp_1', 'second'), ...drive.sends('inp_2', 'third')], []);

  const second = drive.says(says.stopped());
  t.match(second, [{ kind: 'arrived' }, { kind: 'write', key: 'say:inp_1', replay: 'unsafe' }]);
  t.match(written(second), [{ id: 5, method: 'session/prompt', params: { prompt: [{ text: 'second' }] } }]);
  t.strictSame(fates(drive), []);
  drive.says(says.message('Hm'));
  t.strictSame(fates(drive), [['inp_1', null]]);
  t.match(written(drive.says({ ...says.stopped(), id: 5 })), [{ id: 6 }]);

  t.match(
    outcomeIn(drive.says({ ...says.stopped('refusal'), id: 6 })),
    { status: 'failed' },
    'the last turn decides',
  );
  t.strictSame(fates(drive), [
    ['inp_1', null],
    ['inp_2', null],
  ]);
});

void t.test('acp: a turn that failed is the last one, and what it leaves is told as unread', async (t) => {
  const drive = prompted();
  drive.sends('inp_1', 'second');

  t.match(outcomeIn(drive.says(says.stopped('max_tokens'))), { error: { code: 'max_tokens' } });
  t.strictSame(fates(drive), [['inp_1', 'The run ended before the agent had read it']]);
});

for (const runtime of ['acp', 'claude', 'codex'] as const) {
  void t.test(`${runtime}: more than it can hold is refused, and so is all after a cancel`, async (t) => {
    const drive =
      runtime === 'codex' ? codex.begun() : runtime === 'acp' ? prompted() : new Drive(adapterFor(runtime));
    for (let index = 0; index < 32; index += 1) drive.sends(`inp_${index}`, 'x');
    t.strictSame(fates(drive), []);

    drive.sends('inp_32', 'x');
    t.strictSame(fates(drive), [['inp_32', '32 messages wait already for the agent to read them']]);

    drive.cancels();
    drive.sends('inp_33', 'x');
    t.strictSame(fates(drive).at(-1), ['inp_33', 'The run is being stopped']);
  });

  void t.test(`${runtime}: what is unread when the agent is gone is told, once`, async (t) => {
    const adapter = adapterFor(runtime);
    const drive = new Drive(adapter);
    drive.sends('inp_1', 'x');

    drive.take(adapter.left(drive.state));
    drive.take(adapter.left(drive.state));

    t.strictSame(fates(drive), [['inp_1', 'The agent was gone before it had read it']]);
  });
}

void t.test(
  'claude: a limit with a known end parks the run, and the agent goes on in a turn of its own',
  async (t) => {
    const adapter = adapterFor('claude');
    const drive = new Drive(adapter);

    for (const message of claude.limited()) drive.says(message);
    t.match(drive.effects.at(-1), {
      kind: 'park',
      until: '2030-03-17T17:46:40.000Z',
      reason: 'The model’s provider refused until 2030-03-17T17:46:40.000Z: Limit',
    });
    t.match(written(drive.take(adapter.goOn(drive.state))), [
      { type: 'user', message: { content: [{ text: 'Continue where you left off.' }] } },
    ]);
    t.strictSame(drive.take(adapter.goOn(drive.state)), [], 'once');
    drive.says(claude.works);

    t.match(outcomeIn(drive.says(claude.done)), { status: 'succeeded' });
  },
);

void t.test('a limit that does not lift is given up on; one that lets work be done is not', async (t) => {
  const adapter = adapterFor('claude');
  const drive = new Drive(adapter);
  const refuse = (works: boolean) => {
    if (works) drive.says(claude.works);
    const effects = claude.limited().flatMap((message) => drive.says(message));
    if (outcomeIn(effects) === undefined) drive.take(adapter.goOn(drive.state));
    return outcomeIn(effects);
  };

  for (let round = 0; round < 20; round += 1) t.equal(refuse(true), undefined);
  for (let round = 0; round < 4; round += 1) t.equal(refuse(false), undefined);
  t.match(refuse(false), {
    status: 'failed',
    error: { code: 'rate_limited' },
    resetsAt: '2030-03-17T17:46:40.000Z',
  });
  const keys = drive.effects.flatMap((effect) => (effect.kind === 'write' ? [effect.key] : []));
  t.equal(new Set(keys).size, keys.length);
});

void t.test('a limit without a known end fails the run, as one that no calendar reaches does', async (t) => {
  for (const resetsAt of [undefined, 9e15]) {
    const drive = new Drive(adapterFor('claude'));
    const [event, ...rest] = claude.limited(resetsAt);
    if (resetsAt !== undefined) drive.says(event);
    for (const message of rest) drive.says(message);
    t.match(outcomeIn(drive.effects), { error: { code: 'rate_limited' } });
  }
});

void t.test('codex: a limit parks the run, and a message ends the wait', async (t) => {
  const drive = codex.begun();
  drive.says({
    method: 'account/rateLimits/updated',
    params: { rateLimits: { primary: { usedPercent: 100, resetsAt: 1_900_000_000 } } },
  });
  const failure = { status: 'failed', error: { message: 'Limit', codexErrorInfo: 'usageLimitExceeded' } };
  t.match(drive.says(codex.done('u1', failure)).at(-1), { kind: 'park', until: '2030-03-17T17:46:40.000Z' });

  t.match(written(drive.sends('inp_1', 'now')), [{ method: 'turn/start' }]);

  t.strictSame(drive.take(drive.adapter.goOn(drive.state)), [], 'the message is the word to go on');
  t.equal(drive.adapter.exited(drive.state, { exitCode: 1, signal: null }).error?.code, 'agent_exited');
});
