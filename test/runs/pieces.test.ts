import fc from 'fast-check';
import t from 'tap';
import { cutPieces, maxBatchPieces, maxPieceBytes } from '../../src/domain/runs/follow/pieces.ts';

const options = {
  stream: 'stdout',
  offset: 0,
  isEnd: false,
  maxLineBytes: maxPieceBytes,
  coalesce: false,
} as const;

t.test('each complete line is a piece; an open one waits for its newline', (t) => {
  const { pieces, consumed } = cutPieces(Buffer.from('one\n\ntwo\nthr'), { ...options, offset: 100 });

  t.same(
    pieces.map(({ text, offset, bytes }) => [text, offset, bytes]),
    [
      ['one', 100, 4],
      ['', 104, 1],
      ['two', 105, 4],
    ],
  );
  t.equal(consumed, 9);
  t.end();
});

t.test('at the end, what has no newline is a line', (t) => {
  const { pieces, consumed } = cutPieces(Buffer.from('one\ntwo'), { ...options, isEnd: true });

  t.same(
    pieces.map((piece) => piece.text),
    ['one', 'two'],
  );
  t.equal(consumed, 7);
  t.end();
});

t.test('a long line comes in pieces that cut no character in two', (t) => {
  const line = '€'.repeat(10);

  const { pieces } = cutPieces(Buffer.from(`${line}\n`), { ...options, maxLineBytes: 8 });

  t.equal(pieces.map((piece) => piece.text).join(''), line);
  t.same(
    pieces.map((piece) => piece.partial),
    [true, true, true, true, false],
  );
  t.end();
});

t.test('a reader that is behind gets many lines as one piece of at most 64 KiB', (t) => {
  const text = 'y\n'.repeat(100_000);

  const { pieces, consumed } = cutPieces(Buffer.from(text), { ...options, coalesce: true });

  t.equal(consumed, text.length);
  t.ok(pieces.length <= Math.ceil(text.length / maxPieceBytes) + 1, `${pieces.length} pieces`);
  t.ok(pieces.every((piece) => piece.bytes <= maxPieceBytes));
  t.equal(`${pieces.map((piece) => piece.text).join('\n')}\n`, text);
  t.end();
});

t.test('one batch is bounded', (t) => {
  t.equal(cutPieces(Buffer.from('y\n'.repeat(5000)), options).pieces.length, maxBatchPieces);
  t.end();
});

t.test('nothing is lost or doubled, wherever the bytes were split', (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.nat(60)),
      fc.boolean(),
      (bytes, cuts, coalesce) => {
        const whole = Buffer.from(bytes.map((byte) => (byte % 7 === 0 ? 10 : byte)));
        let offset = 0;
        let end = 0;
        const seen: Buffer[] = [];
        for (const step of [...cuts, whole.length]) {
          end = Math.min(whole.length, end + step);
          const isEnd = end === whole.length;
          const { pieces, consumed } = cutPieces(whole.subarray(offset, end), {
            ...options,
            offset,
            isEnd,
            coalesce,
            maxLineBytes: 16,
          });
          for (const piece of pieces) seen.push(whole.subarray(piece.offset, piece.offset + piece.bytes));
          offset += consumed;
        }
        return Buffer.concat(seen).equals(whole);
      },
    ),
  );
  t.end();
});
