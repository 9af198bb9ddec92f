import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { createBus, systemClock } from '../../src/base/index.ts';
import { createJournal } from '../../src/domain/journal/index.ts';
import { cutPieces } from '../../src/domain/runs/follow/pieces.ts';
import { insertRun, openStore, type Transaction } from '../../src/foundation/store/index.ts';

const query = { after: 0, limit: 10_000, maxBytes: 2 ** 26, runId: null };

/** A store with two runs, whose output stands in files. */
async function makeJournal(folder: string) {
  mkdirSync(folder, { recursive: true });
  const bus = createBus();
  const store = openStore({ path: join(folder, 'drover.db'), clock: systemClock, bus });
  const outputFile = (runId: string, stream: string) => join(folder, `${runId}.${stream}`);
  const journal = createJournal({ store, bus, outputFile });
  const runs = await store.write((tx) =>
    ['run_01JD0000000000000000000001', 'run_01JD0000000000000000000002'].map((id) => ({
      id,
      key: insertRun(tx, { ...row, id }),
    })),
  );
  const offsets = new Map<string, number>();
  /** Writes to a run's file, then journals it as the engine does. */
  const output = (tx: Transaction, index: number, bytes: Buffer) => {
    const run = runs[index % 2] ?? { id: '', key: 0 };
    const stream = index % 3 === 0 ? 'stderr' : 'stdout';
    const path = outputFile(run.id, stream);
    const offset = offsets.get(path) ?? 0;
    appendFileSync(path, bytes);
    offsets.set(path, offset + bytes.length);
    const { pieces } = cutPieces(bytes, {
      stream,
      offset,
      isEnd: true,
      maxLineBytes: 64,
      coalesce: index % 5 === 0,
    });
    for (const { text, offset: at, bytes: size, partial } of pieces)
      tx.event({
        type: `output.${stream}`,
        data: { text, offset: at, bytes: size, partial },
        source: 'agent',
        run,
      });
  };
  /** The same events as a daemon that has just started reads them: from the store alone. */
  const stored = () => createJournal({ store, bus: createBus(), outputFile });
  return { store, journal, runs, output, stored };
}

const row = {
  status: 'running',
  agent: 'command',
  runtime: 'command',
  argv: ['true'],
  agentEnv: {},
  approvalMode: 'ask',
  timeoutMs: 0,
  prompt: '',
  inPlace: false,
  createdAt: 0,
} as const;

t.test(
  'a reader who keeps up and one who comes later read the same bytes, whatever was written',
  async (t) => {
    const home = t.testdir();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 200 }),
            fc.string({ unit: 'grapheme', maxLength: 80 }),
            fc.jsonValue(),
          ),
          { minLength: 1, maxLength: 25 },
        ),
        async (things) => {
          count += 1;
          const { store, journal, runs, output, stored } = await makeJournal(join(home, `${count}`));
          for (const [index, thing] of things.entries()) {
            await store.write((tx) => {
              if (thing instanceof Uint8Array) output(tx, index, Buffer.from(thing));
              else if (typeof thing === 'string')
                tx.event({
                  type: 'message.delta',
                  data: { text: thing },
                  source: 'agent',
                  run: runs[0] ?? never(),
                });
              else
                tx.event({
                  type: 'tool.started',
                  data: { tool_call_id: 'a', title: '', kind: '', input: thing },
                  source: 'agent',
                  run: runs[1] ?? never(),
                });
            });
          }

          for (const runId of [null, ...runs.map((run) => run.id)]) {
            const live = await journal.read({ ...query, runId });
            const later = await stored().read({ ...query, runId });
            t.strictSame(
              later.events.map((event) => event.json),
              live.events.map((event) => event.json),
            );
            t.strictSame(
              later.events.map((event) => [event.seq, event.type, event.runId]),
              live.events.map((event) => [event.seq, event.type, event.runId]),
            );
          }
          await store.close();
        },
      ),
      { numRuns: 40 },
    );
  },
);

t.test('pages of any size give each event once and in order, of all and of one run', async (t) => {
  const { store, journal, runs, output, stored } = await makeJournal(t.testdir());
  t.teardown(store.close);
  for (let index = 0; index < 40; index += 1)
    await store.write((tx) => output(tx, index, Buffer.from(`line ${index}\n${'x'.repeat(index * 3)}\n`)));
  const all = (await journal.read(query)).events;

  for (const source of [journal, stored()]) {
    for (const runId of [null, runs[1]?.id ?? '']) {
      for (const [limit, maxBytes] of [
        [1, 2 ** 20],
        [7, 2 ** 20],
        [1000, 1],
        [1000, 300],
      ] as const) {
        const read: number[] = [];
        let pages = 0;
        for (let after = 0; after < journal.lastSeq(); pages += 1) {
          const page = await source.read({ after, limit, maxBytes, runId });
          read.push(...page.events.map((event) => event.seq));
          t.ok(page.events.length <= limit && page.scannedTo > after);
          after = page.scannedTo;
        }
        const wanted = all
          .filter((event) => runId === null || event.runId === runId)
          .map((event) => event.seq);
        t.strictSame(read, wanted, `limit ${limit}, ${maxBytes} bytes`);
        t.ok(pages > 1);
      }
    }
  }
});

t.test('a cursor that was never given is cursor_unknown; the last one is not', async (t) => {
  const { store, journal, stored, output } = await makeJournal(t.testdir());
  t.teardown(store.close);
  await store.write((tx) => output(tx, 1, Buffer.from('a\n')));

  for (const source of [journal, stored()]) {
    t.same((await source.read({ ...query, after: 1 })).events, []);
    await t.rejects(source.read({ ...query, after: 2 }), { code: 'cursor_unknown', status: 410 });
  }
});

t.test('output whose file was removed is told with an empty text, not as an error', async (t) => {
  const { store, output, stored } = await makeJournal(t.testdir());
  t.teardown(store.close);
  await store.write((tx) => output(tx, 1, Buffer.from('a\n')));
  const gone = createJournal({ store, bus: createBus(), outputFile: () => '/nowhere/at/all' });

  t.match(JSON.parse((await gone.read(query)).events[0]?.json ?? '{}'), {
    data: { text: '', offset: 0, bytes: 2 },
  });
  t.match(JSON.parse((await stored().read(query)).events[0]?.json ?? '{}'), { data: { text: 'a' } });
});

function never(): never {
  throw new Error('the fixture has two runs');
}
