import t from 'tap';
import { createSseParser } from '../../src/client/sse-parser.ts';

const text =
  'id: 1\nevent: a\ndata: {"x":1}\n\n: heartbeat\n\nid: 2\r\ndata: one\r\ndata: two\r\n\r\ndata\n\nid:3\ndata:cut';

void t.test('messages are the same however the text is cut', async (t) => {
  const whole = createSseParser()(text);

  t.strictSame(whole, [
    { id: '1', event: 'a', data: '{"x":1}' },
    { id: '2', event: 'message', data: 'one\ntwo' },
    { id: null, event: 'message', data: '' },
  ]);
  for (let size = 1; size < text.length; size++) {
    const parse = createSseParser();
    const pieces = [];
    for (let at = 0; at < text.length; at += size) pieces.push(...parse(text.slice(at, at + size)));
    t.strictSame(pieces, whole, `cut every ${size}`);
  }
});
