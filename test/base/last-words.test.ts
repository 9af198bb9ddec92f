import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  beginLastWords,
  keptLastWordsBytes,
  maxLastWordsBytes,
  readLastWords,
} from '../../src/base/index.ts';

type Test = { readonly testdir: () => string; readonly teardown: (work: () => void) => unknown };

/** A file that is only open for appending, as a service manager opens it. */
function appended(t: Test, text: string) {
  const path = join(t.testdir(), 'errors');
  writeFileSync(path, text, { mode: 0o644 });
  const fd = openSync(path, 'a');
  t.teardown(() => closeSync(fd));
  return { path, fd, begin: (line: string) => beginLastWords({ fd, path, line }) };
}

t.test('each start is set apart, and only the last one counts', async (t) => {
  const { path, fd, begin } = appended(t, '');
  t.equal(readLastWords(path), null);
  begin('the first');
  t.equal(readLastWords(path), null, 'it has said nothing yet');
  writeSync(fd, '(node:7) Warning: something\n');
  t.same(readLastWords(path), { text: '(node:7) Warning: something', isError: false });
  writeSync(fd, 'error: the port is taken\nhint: choose another\n');
  t.same(readLastWords(path), { text: 'the port is taken', isError: true });
  writeSync(fd, '\n/x.ts:3\nTypeError: x is not a function\n    at y\n\nNode.js v24\n');
  t.same(readLastWords(path), { text: 'TypeError: x is not a function', isError: true });

  begin('the second');

  t.equal(readLastWords(path), null);
  t.equal(statSync(path).mode & 0o777, 0o600);
});

t.test('a file that has grown keeps its last part, from the start of a line', async (t) => {
  const { path, begin } = appended(t, `${'0123456789\n'.repeat(maxLastWordsBytes / 10)}the end\n`);

  begin('now');

  const text = readFileSync(path, 'utf8');
  t.ok(text.length <= keptLastWordsBytes + 100 && text.length > keptLastWordsBytes / 2, `${text.length}`);
  t.match(text, /^0123456789\n/);
  t.match(text, /the end\n── now\n$/);
});

t.test('what is no file, or another file, is left alone', async (t) => {
  const { fd } = appended(t, 'x'.repeat(maxLastWordsBytes + 1));
  const other = join(t.testdir(), 'other');
  writeFileSync(other, 'kept\n');

  beginLastWords({ fd, path: other, line: 'now' });

  t.equal(readFileSync(other, 'utf8'), 'kept\n');
  const pipe = openSync('/dev/null', 'w');
  t.teardown(() => closeSync(pipe));
  beginLastWords({ fd: pipe, path: null, line: 'now' });
  t.equal(readLastWords('/nowhere/errors'), null);
});
