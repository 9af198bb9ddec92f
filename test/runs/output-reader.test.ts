import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { createOutputReader, type OutputReaderOptions } from '../../src/domain/runs/follow/output-reader.ts';
import { maxPieceBytes } from '../../src/domain/runs/follow/pieces.ts';

const command = { line: { maxBytes: 65_536, beyond: 'split' }, stream: 'stdout', coalesce: true } as const;
const protocol = { line: { maxBytes: 1000, beyond: 'drop' }, stream: 'stdout', coalesce: false } as const;

async function readAll(options: OutputReaderOptions, isEnd: boolean) {
  const reader = createOutputReader(options);
  const texts: string[] = [];
  const dropped: object[] = [];
  for (let batch = await reader.next(isEnd); batch !== null; batch = await reader.next(isEnd)) {
    texts.push(...batch.pieces.map((piece) => piece.text));
    if (batch.dropped !== null) dropped.push(batch.dropped);
    reader.advance(batch.nextOffset);
  }
  const offset = reader.offset();
  await reader.close();
  return { texts, dropped, offset };
}

t.test('a line longer than the protocol allows is left out, its neighbours are not', async (t) => {
  const path = join(t.testdir(), 'out.log');
  const long = 'x'.repeat(1001);
  await writeFile(path, `a\n${long}\nb\n${'y'.repeat(1000)}\n${long}`);

  const open = await readAll({ ...protocol, path, offset: 0 }, false);
  const end = await readAll({ ...protocol, path, offset: 0 }, true);

  t.same(open.texts, ['a', 'b', 'y'.repeat(1000)]);
  t.same(open.dropped, [{ offset: 2, bytes: 1002 }]);
  t.same(end.texts, open.texts);
  t.same(end.dropped, [...open.dropped, { offset: 2007, bytes: 1001 }]);
});

t.test('stderr of a protocol came in lines of megabytes', async (t) => {
  const path = join(t.testdir(), 'err.log');
  await writeFile(path, `${'x'.repeat(200_000)}\n`);

  const { texts } = await readAll(
    { line: { maxBytes: 8 * 2 ** 20, beyond: 'drop' }, stream: 'stderr', coalesce: false, path, offset: 0 },
    false,
  );

  t.ok(
    texts.every((text) => text.length <= maxPieceBytes),
    `${texts.length} pieces`,
  );
  t.equal(texts.join('').length, 200_000);
});

t.test('a line that grows is found whole at its newline', async (t) => {
  const path = join(t.testdir(), 'out.log');
  const reader = createOutputReader({
    line: { maxBytes: 8 * 2 ** 20, beyond: 'drop' },
    stream: 'stdout',
    coalesce: false,
    path,
    offset: 0,
  });
  t.teardown(reader.close);
  t.equal(await reader.next(false), null, 'no file yet');

  for (let piece = 0; piece < 12; piece += 1) {
    await appendFile(path, 'z'.repeat(100_000));
    t.equal(await reader.next(false), null);
  }
  await appendFile(path, '\nnext\n');
  const first = await reader.next(false);
  t.same(
    first?.pieces.map((found) => found.bytes),
    [1_200_001],
  );
  reader.advance(first?.nextOffset ?? 0);

  t.same(
    (await reader.next(false))?.pieces.map((found) => found.text),
    ['next'],
  );
});

t.test(
  'however it is cut and wherever it is taken up again, every byte is told once and in order',
  async (t) => {
    const path = join(t.testdir(), 'out.log');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constant('\n'), fc.string({ maxLength: 30 }), fc.constant('é'.repeat(40_000))), {
          maxLength: 30,
        }),
        fc.constantFrom(command, protocol),
        async (parts, kind) => {
          const text = parts.join('');
          const bytes = Buffer.from(text);
          await writeFile(path, '');
          let offset = 0;
          let told = 0;
          for (const [index, part] of parts.entries()) {
            await appendFile(path, part);
            const reader = createOutputReader({ ...kind, path, offset }); // as after a restart
            for (let batch = await reader.next(false); batch !== null; batch = await reader.next(false)) {
              for (const piece of batch.pieces) {
                t.equal(piece.offset, told);
                const raw = bytes.subarray(told, told + piece.bytes).toString();
                t.equal(piece.text, raw.endsWith('\n') ? raw.slice(0, -1) : raw);
                told += piece.bytes;
              }
              told += batch.dropped?.bytes ?? 0;
              offset = batch.nextOffset;
              t.equal(offset, told, `${index}`);
              reader.advance(offset);
            }
            await reader.close();
          }
          const { offset: end } = await readAll({ ...kind, path, offset }, true);
          t.equal(end, bytes.length);
        },
      ),
      { numRuns: 60 },
    );
  },
);
