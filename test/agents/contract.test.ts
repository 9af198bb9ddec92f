import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';

import { eventData, type Runtime } from '../../src/contract/index.ts';
import {
  type Adapter,
  type AdapterEffect,
  adapterFor,
  adapterOfRun,
  type OutputPiece,
  takesCommand,
} from '../../src/domain/agents/index.ts';
import { frame, request } from './drive.ts';
import { ordinaryTurn, recorded, says } from './transcripts.ts';

const runs = 300;
const seed = Number(process.env.DROVER_SEED ?? Math.floor(Math.random() * 2 ** 31));
t.comment(`seed ${seed}: repeat with DROVER_SEED=${seed}`);

const lines = (messages: readonly unknown[]) =>
  Buffer.from(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
/** Every codec, and what its agent says in an ordinary turn. */
type Codec = { readonly name: string; readonly adapter: Adapter<unknown>; readonly transcript: Buffer };
const transcripts: Record<Runtime, Buffer> = {
  acp: lines(ordinaryTurn),
  claude: recorded('claude-edit'),
  codex: recorded('codex-edit'),
  command: Buffer.from(`first\n\n${'long '.repeat(30_000)}\nlast größer 🚀\n\nno newline at the end`),
  terminal: Buffer.from(
    `\u001b[2J\u001b]0;title\u0007\u001b[31mred\u001b[0m\r\n${'wide '.repeat(30_000)}\r\n10%\r100%\r\nlast größer 🚀\u001b[K`,
  ),
};
const ofRuntimes = (Object.keys(transcripts) as Runtime[]).map((runtime): Codec => {
  return { name: runtime, adapter: adapterFor(runtime), transcript: transcripts[runtime] };
});
const codecs: readonly Codec[] = [
  ...ofRuntimes,
  { name: 'acp of Gemini CLI', adapter: adapterFor('acp'), transcript: recorded('gemini-edit') },
  { name: 'acp of OpenCode', adapter: adapterFor('acp'), transcript: recorded('opencode-edit') },
  {
    name: 'codex exec',
    adapter: adapterOfRun({ runtime: 'codex', argv: ['codex', 'exec'] }),
    transcript: recorded('codex-exec-edit'),
  },
];
/** A mode that every agent can keep. */
const asked = request({ approvalMode: 'auto' });

/** Effects so far, and a check that the state is plain JSON at every step. */
function play(adapter: Adapter<unknown>, pieces: readonly OutputPiece[]): AdapterEffect[] {
  let { state, effects } = adapter.start(asked);
  const all = [...effects];
  for (const piece of pieces) {
    const stored = JSON.parse(JSON.stringify(state));
    assert.deepEqual(stored, state, 'the state survives JSON');
    ({ state, effects } = adapter.read(stored, piece));
    all.push(...effects);
  }
  return all;
}

/** Output joined, results reduced to the last: what may differ by how many lines came as one piece. */
function normal(effects: readonly AdapterEffect[]): unknown[] {
  const output = effects
    .map((effect) =>
      effect.kind === 'event' && effect.event.type === 'output.stdout' ? effect.event.data : null,
    )
    .filter((data) => data !== null);
  const text = output.map((data) => data.text + (data.partial ? '' : '\n')).join('');
  const bytes = output.reduce((sum, data) => sum + data.bytes, 0);
  const results = effects.filter((effect) => effect.kind === 'result');
  const rest = effects.filter(
    (effect) =>
      effect.kind !== 'result' && !(effect.kind === 'event' && effect.event.type === 'output.stdout'),
  );
  return [text, bytes, results.at(-1), rest];
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const points = [...new Set(at.map((n) => n % bytes.length))].sort((a, b) => a - b);
  return [0, ...points].map((from, index) => bytes.subarray(from, points[index] ?? bytes.length));
}

for (const codec of codecs) {
  const { name, adapter, transcript } = codec;
  const isCommand = takesCommand(adapter.runtime);

  void t.test(`${name}: the same bytes in any split give the same effects`, async (t) => {
    const bytes = transcript;
    const whole = normal(play(adapter, frame(adapter, [bytes])));

    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 40 }), (points) => {
        const effects = normal(play(adapter, frame(adapter, cut(bytes, points))));
        assert.deepEqual(effects, whole);
      }),
      { seed, numRuns: 40 },
    );
    t.pass('40 splits');
  });

  void t.test(`${name}: nothing comes after the finish`, async (t) => {
    const pieces = frame(adapter, [transcript]);
    let state: unknown = adapter.start(asked).state;
    let isFinished = false;
    for (const piece of pieces) {
      const next = adapter.read(state, piece);
      state = next.state;
      isFinished = next.effects.some((effect) => effect.kind === 'finish');
      if (isFinished) break;
    }
    const after = [
      adapter.read(state, { stream: 'stderr', text: 'x', offset: 0, bytes: 2, partial: false }),
      ...pieces.map((piece) => adapter.read(state, piece)),
      adapter.cancel(state),
      adapter.say(state, { key: 'inp_1', text: 'x' }),
      adapter.goOn(state),
      adapter.answer(state, 'ask-1', { decision: 'allow', always: false, optionId: null, text: null }),
    ];

    if (isFinished) for (const { effects } of after) t.strictSame(effects, []);
    t.equal(isFinished, !isCommand);
  });

  void t.test(`${name}: a turn that is canceled twice is told so once, and ends as canceled`, async (t) => {
    const first = adapter.cancel(adapter.start(asked).state);
    const second = adapter.cancel(first.state);

    t.strictSame(second.effects, []);
    if (!isCommand) {
      t.equal(adapter.exited(first.state, { exitCode: 143, signal: 'SIGTERM' }).status, 'canceled');
    }
  });

  void t.test(
    `${name}: garbage is never an exception, and every event is as the contract has it`,
    async (t) => {
      let eventCount = 0;
      fc.assert(
        fc.property(fc.array(anyPiece(codec), { maxLength: 30 }), fc.boolean(), (pieces, isOpen) => {
          const before = isOpen ? opening(codec) : [];
          const effects = play(adapter, [...before, ...pieces]);
          for (const effect of effects) {
            if (effect.kind !== 'event') continue;
            eventCount += 1;
            eventData[effect.event.type].parse(effect.event.data);
          }
          const keys = effects.flatMap((effect) => (effect.kind === 'write' ? [effect.key] : []));
          assert.equal(new Set(keys).size, keys.length, 'no write key is used twice');
          const finish = effects.findIndex((effect) => effect.kind === 'finish');
          assert.ok(finish === -1 || finish === effects.length - 1, 'the finish is last');
          assert.deepEqual(JSON.parse(JSON.stringify(effects)), effects, 'effects are plain JSON');
        }),
        { seed, numRuns: runs },
      );
      t.ok(eventCount > runs, `${eventCount} events were checked`);
    },
  );

  void t.test(`${name}: every way a process can exit has an outcome`, async (t) => {
    const { state } = adapter.start(asked);
    for (const exit of [
      { exitCode: 0, signal: null },
      { exitCode: 3, signal: null },
      { exitCode: 137, signal: 'SIGKILL' },
    ]) {
      const outcome = adapter.exited(state, exit);
      t.ok(outcome.status === 'succeeded' || (outcome.reason ?? '') !== '', JSON.stringify(outcome));
    }
  });
}

/** What an agent says before anything can go wrong. */
function opening({ adapter, transcript }: Codec): OutputPiece[] {
  if (adapter.runtime === 'acp') return frame(adapter, [lines([says.initialized(), says.opened()])]);
  return takesCommand(adapter.runtime) ? [] : frame(adapter, [transcript]).slice(0, 6);
}

/** A recorded line in which some values are of another kind. */
function nearlyRecorded(transcript: Buffer, odd: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const said = transcript
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as unknown);
  return fc
    .tuple(fc.constantFrom(...said), fc.nat(40), odd)
    .map(([message, at, value]) => replaceAt(message, { at }, value));
}

/** The value with its `at`th part replaced. */
function replaceAt(value: unknown, count: { at: number }, by: unknown): unknown {
  if (count.at === 0) {
    count.at = -1;
    return by;
  }
  count.at -= 1;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((part) => replaceAt(part, count, by));
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, replaceAt(part, count, by)]));
}

/** Pieces from noise over JSON of no protocol to messages that are nearly right. */
function anyPiece({ adapter, transcript }: Codec): fc.Arbitrary<OutputPiece> {
  const odd = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom('t1', 's1', 'completed', 'pending', 1, '__proto__'),
  );
  const kinds = [
    ...[
      'agent_message_chunk',
      'agent_thought_chunk',
      'tool_call',
      'tool_call_update',
      'plan',
      'usage_update',
    ],
    ...['notice', 'compaction_update', '__proto__', 'toString', 'new_kind'],
  ];
  const update = fc
    .record(
      {
        sessionUpdate: fc.constantFrom(...kinds),
        toolCallId: odd,
        title: odd,
        status: odd,
        content: fc.oneof(odd, fc.record({ type: fc.constant('text'), text: fc.string({ unit: 'binary' }) })),
        messageId: odd,
        entries: fc.oneof(odd, fc.array(fc.record({ content: odd, status: odd }))),
        used: odd,
        size: odd,
        cost: fc.record({ amount: fc.oneof(fc.double(), odd), currency: fc.constant('USD') }),
        rawInput: odd,
        description: odd,
      },
      { requiredKeys: ['sessionUpdate'] },
    )
    .map((fields) => ({ method: 'session/update', params: { sessionId: 's1', update: fields } }));
  const nearly = takesCommand(adapter.runtime) ? [] : [nearlyRecorded(transcript, odd)];
  const message = fc.oneof(
    ...nearly,
    update,
    fc.record({ id: odd, result: odd }),
    fc.record({ id: fc.constantFrom(1, 2, 3, 4), error: odd }),
    fc.record({
      id: odd,
      method: fc.constantFrom('session/request_permission', 'elicitation/create', 'fs/read_text_file', 'x'),
      params: fc.record({
        mode: fc.constantFrom('form', 'url'),
        message: odd,
        toolCall: fc.record({ toolCallId: odd, title: odd, rawInput: odd }),
        options: fc.oneof(odd, fc.array(fc.record({ optionId: odd, kind: odd, name: odd }))),
        requestedSchema: fc.record({ properties: fc.dictionary(fc.string(), odd), required: odd }),
      }),
    }),
    fc.record({ method: fc.constant('$/cancel_request'), params: fc.record({ requestId: odd }) }),
  );
  const text = fc.oneof(
    { weight: 4, arbitrary: message.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    { weight: 1, arbitrary: fc.json() },
  );
  return fc.record({
    stream: fc.constantFrom('stdout', 'stdout', 'stdout', 'stderr'),
    text,
    offset: fc.nat(),
    bytes: fc.nat(),
    partial: fc.constantFrom(false, false, false, true),
  });
}
