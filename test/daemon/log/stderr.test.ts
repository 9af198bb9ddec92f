import { execFileSync } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { chooseStderrFormat, createStderrWriter } from '../../../src/daemon/log/stderr.ts';

t.test('a pipe that nobody reads loses lines and never stops the writer', async (t) => {
  const pipe = join(t.testdir(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(pipe, constants.O_WRONLY);
  t.teardown(() => closeSync(writer));
  const write = createStderrWriter(writer);

  for (let count = 0; count < 5000; count++) write(`line ${count} ${'x'.repeat(100)}\n`);
  const buffer = Buffer.alloc(1 << 20);
  const seen = buffer.toString('utf8', 0, readSync(reader, buffer));
  for (let count = 0; count < 3; count++) write(`again ${count}\n`);
  const after = buffer.toString('utf8', 0, readSync(reader, buffer));
  closeSync(reader);
  write('the reader has gone\n');

  const lines = `${seen}${after}`.trimEnd().split('\n');
  t.ok(lines.length > 100 && lines.length < 5000, `${lines.length} lines seen`);
  t.same(
    lines.filter((line) => !/^(line \d+ x{100}|again \d)$/.test(line)),
    [],
    'every line seen is whole',
  );
  t.equal(lines.at(-1), 'again 2');
});

t.test('a file gets every line', async (t) => {
  const path = join(t.testdir(), 'stderr');
  const file = openSync(path, 'a');
  t.teardown(() => closeSync(file));
  const write = createStderrWriter(file);

  write('one\n');
  write('two\n');

  t.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
});

t.test('JSON unless a person or journald reads', async (t) => {
  const file = openSync('/dev/null', 'w');
  t.teardown(() => closeSync(file));
  const { dev, ino } = fstatSync(file);

  t.equal(chooseStderrFormat({}, file), 'json');
  t.equal(chooseStderrFormat({ JOURNAL_STREAM: '1:2' }, file), 'json', 'inherited from somewhere else');
  t.equal(chooseStderrFormat({ JOURNAL_STREAM: `${dev}:${ino}` }, file), 'journal');
});
