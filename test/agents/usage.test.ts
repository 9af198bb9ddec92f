import t from 'tap';
import { adapterFor } from '../../src/domain/agents/index.ts';
import { Drive, outcomeIn, prompted, written } from './drive.ts';
import { says } from './transcripts.ts';

/** What a run has used up, as each effect tells it. */
const told = (drive: Drive) =>
  drive.effects.flatMap((effect) =>
    effect.kind === 'usage' ? [[effect.usage.input_tokens, effect.usage.output_tokens, effect.costUsd]] : [],
  );

const claude = {
  begins: (id: string, input: number) => ({
    type: 'stream_event',
    event: { type: 'message_start', message: { id, usage: { input_tokens: input, output_tokens: 1 } } },
  }),
  counted: (output: number) => ({
    type: 'stream_event',
    event: { type: 'message_delta', usage: { output_tokens: output } },
  }),
  subagent: (id: string, input: number) => ({
    type: 'assistant',
    parent_tool_use_id: 'tool-1',
    message: { id, content: [], usage: { input_tokens: input, output_tokens: 1 } },
  }),
  result: (input: number, output: number, costUsd: number, turns = 1) => ({
    type: 'result',
    subtype: 'success',
    num_turns: turns,
    total_cost_usd: costUsd,
    modelUsage: {
      big: { inputTokens: input - 20, cacheReadInputTokens: 20, outputTokens: output, costUSD: costUsd },
    },
  }),
  pastUsage: (input: number, output: number, costUsd: number) => ({
    type: 'control_response',
    response: {
      subtype: 'success',
      request_id: 'drover-usage',
      response: {
        session: {
          total_cost_usd: costUsd,
          model_usage: { big: { inputTokens: input, outputTokens: output } },
        },
      },
    },
  }),
};

void t.test('claude: tokens are told in mid-turn, and put right by the sums at its end', async (t) => {
  const drive = new Drive(adapterFor('claude'));
  drive.says(claude.begins('m1', 100));
  drive.says(claude.counted(10));
  drive.says(claude.subagent('s1', 50));
  drive.says(claude.subagent('s1', 50));
  drive.says(claude.begins('m2', 200));
  drive.says(claude.counted(20));
  drive.sends('inp_1', 'more');

  t.strictSame(told(drive), [
    [100, 10, null],
    [150, 11, null],
    [350, 31, null],
  ]);
  drive.says(claude.result(360, 40, 0.5, 2));
  t.strictSame(told(drive).at(-1), [360, 40, 0.5]);
  drive.says(claude.begins('m3', 300));
  drive.says(claude.counted(5));
  t.strictSame(told(drive).at(-1), [660, 45, 0.5], 'the second turn comes on top of the first');
  drive.says(claude.result(670, 50, 0.75));
  t.strictSame(told(drive).at(-1), [670, 50, 0.75]);
});

void t.test(
  'claude: what a session had used up before is not counted to the run that goes on with it',
  async (t) => {
    const drive = new Drive(adapterFor('claude'), { sessionId: 's1' });
    t.ok(
      written(drive.effects).some(
        ({ request }) => (request as { subtype?: string })?.subtype === 'get_usage',
      ),
    );
    drive.says(claude.pastUsage(1000, 100, 3));
    drive.says(claude.begins('m1', 100));
    drive.says(claude.counted(10));
    drive.says(claude.result(1100, 110, 3.25));

    t.strictSame(told(drive), [
      [100, 10, null],
      [100, 10, 0.25],
    ]);
  },
);

void t.test(
  'claude: without an answer about the past its cost is not known, and never that of the past',
  async (t) => {
    const drive = new Drive(adapterFor('claude'), { sessionId: 's1' });
    drive.says(claude.begins('m1', 100));
    drive.says(claude.counted(10));
    drive.says(claude.result(1100, 110, 3.25));

    t.strictSame(told(drive).at(-1), [100, 10, null]);
  },
);

void t.test('claude: many subagents at once are all counted, in a state that does not grow', async (t) => {
  const drive = new Drive(adapterFor('claude'));
  for (let index = 0; index < 100; index += 1) drive.says(claude.subagent(`s${index}`, 10));

  t.strictSame(told(drive).at(-1), [1000, 100, null]);
  t.ok(JSON.stringify(drive.state).length < 3000);
});

void t.test('claude: a limit of turns holds for the run, not for each message', async (t) => {
  const drive = new Drive(adapterFor('claude'), { maxTurns: 3 });
  const [line] = written(drive.sends('inp_1', 'more'));
  for (const id of ['m1', 'm2']) drive.says(claude.begins(id, 1));
  drive.says(claude.result(120, 1, 0.1, 2));
  drive.says({ type: 'command_lifecycle', state: 'started', command_uuid: line?.uuid });
  t.equal(outcomeIn(drive.says(claude.begins('m3', 1))), undefined);

  t.match(outcomeIn(drive.says(claude.begins('m4', 1))), { error: { code: 'max_turns' } });
});

const codexUsage = (turnId: string, total: number, last: number) => ({
  method: 'thread/tokenUsage/updated',
  params: {
    threadId: 't1',
    turnId,
    tokenUsage: {
      total: { inputTokens: total, outputTokens: total / 10 },
      last: { inputTokens: last, outputTokens: last / 10, totalTokens: last },
    },
  },
});

function codexAt(sessionId: string | null): Drive {
  const drive = new Drive(adapterFor('codex'), { sessionId });
  drive.says({ id: 1, result: {} });
  drive.says({ id: 2, result: { thread: { id: 't1' } } });
  return drive;
}

void t.test('codex: of a thread that goes on, only what the run itself used is counted', async (t) => {
  const past = codexAt('t1');
  past.says(codexUsage('old', 1000, 200));
  past.says({ id: 3, result: { turn: { id: 'u1' } } });
  past.says(codexUsage('u1', 1100, 100));
  t.strictSame(told(past), [[100, 10, null]]);

  const late = codexAt('t1');
  late.says({ id: 3, result: { turn: { id: 'u1' } } });
  late.says(codexUsage('old', 1000, 200));
  late.says(codexUsage('u1', 1100, 100));
  late.says(codexUsage('u1', 1300, 200));
  t.strictSame(told(late), [
    [100, 10, null],
    [300, 30, null],
  ]);

  const untold = codexAt('t1');
  untold.says({ id: 3, result: { turn: { id: 'u1' } } });
  untold.says(codexUsage('u1', 1100, 100));
  t.strictSame(told(untold), [[100, 10, null]]);
});

void t.test('acp: turns are summed, whether an agent tells them one by one or all together', async (t) => {
  const usage = (input: number, output: number) => ({ usage: { inputTokens: input, outputTokens: output } });
  const turns = (...given: object[]) => {
    const drive = prompted();
    for (let index = 1; index < given.length; index += 1) drive.sends(`inp_${index}`, 'more');
    for (const [index, more] of given.entries())
      drive.says({ ...says.stopped('end_turn', more), id: 4 + index });
    return told(drive).at(-1);
  };

  t.strictSame(turns(usage(100, 10), usage(150, 15)), [150, 15, null], 'all together');
  t.strictSame(turns(usage(100, 10), usage(50, 5), usage(40, 4)), [190, 19, null], 'one by one');
  const quota = (input: number) => ({
    _meta: { quota: { token_count: { input_tokens: input, output_tokens: 1 } } },
  });
  t.strictSame(turns(quota(100), quota(150)), [250, 2, null], 'beside the protocol');
});

void t.test('acp: what a session had cost before is not the cost of the run', async (t) => {
  const drive = new Drive(adapterFor('acp'), { sessionId: 's1' });
  const cost = (amount: number) =>
    says.update('usage_update', { used: 1, size: 2, cost: { amount, currency: 'USD' } });
  drive.says(says.initialized({ loadSession: true }));
  drive.says(cost(2));
  drive.says(says.opened());
  drive.says(cost(2.5));

  t.strictSame(told(drive), [[undefined, undefined, 0.5]]);
});
