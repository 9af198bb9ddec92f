import t from 'tap';
import { prepareArgv } from '../../src/cli/argv.ts';
import { editDistance, nearest } from '../../src/cli/nearest.ts';
import { escapeControls, escapeLine } from '../../src/cli/print/escape.ts';
import { createEventPrinter } from '../../src/cli/print/events.ts';
import { formatLogLine } from '../../src/cli/print/log-line.ts';
import { formatSpan } from '../../src/cli/print/span.ts';
import { plainStyle, styleFor } from '../../src/cli/print/style.ts';
import { formatTable, widthOf } from '../../src/cli/print/table.ts';
import { anEvent } from '../support/resources.ts';

void t.test('nothing that a terminal obeys is left after escaping', async (t) => {
  const every = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join('');

  const escaped = escapeControls(every);

  t.notMatch(escaped.replace(/[\n\t]/g, ''), /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
  t.equal(escapeControls('a\tb\nä 漢 🙂'), 'a\tb\nä 漢 🙂', 'text stays');
  t.equal(escapeControls('\u001b[2J\r\u009b1m\u202e'), '\\e[2J\\r\\x9b1m\\u202e');
  t.equal(escapeLine('a\r\nb\tc'), 'a b c');
});

void t.test('columns are aligned, also with wide characters, and cut with an ellipsis', async (t) => {
  const table = formatTable(
    [{ heading: 'A', maxWidth: 4 }, { heading: 'N', alignRight: true }, { heading: 'LAST' }],
    [
      ['漢字', '1', 'x'],
      ['abcdefg', '100', ''],
    ],
  );

  t.equal(table, 'A       N  LAST\n漢字    1  x\nabc…  100\n');
  t.equal(widthOf('🙂e\u0301'), 3);
});

void t.test('colours need a terminal, and NO_COLOR and TERM=dumb turn them off', async (t) => {
  t.equal(styleFor(true, {}).red('x'), '\u001b[31mx\u001b[39m');
  for (const [isTerminal, env] of [
    [false, {}],
    [true, { NO_COLOR: '1' }],
    [true, { TERM: 'dumb' }],
  ] as const) {
    t.equal(styleFor(isTerminal, env).red('x'), 'x');
  }
});

void t.test('spans show their two largest units', async (t) => {
  const spans = [0, 59_999, 60_000, 61_000, 3_600_000, 7_384_000, 90_000_000, -5].map(formatSpan);

  t.strictSame(spans, ['0s', '59s', '1m', '1m 1s', '1h', '2h 3m', '1d 1h', '0s']);
});

void t.test('events become text: messages whole, progress on a line of its own', async (t) => {
  const printer = createEventPrinter(plainStyle);
  let seq = 0;
  const print = (type: string, data: object) => printer.print(anEvent(++seq, type, { ...data }));
  const pieces = [
    ...print('message.delta', { text: 'one ' }),
    ...print('message.delta', { text: 'two' }),
    ...print('tool.started', { tool_call_id: '1', title: 'ls\n-la', kind: 'x', input: {} }),
    ...print('message.completed', { text: 'one two' }),
    ...print('message.completed', { text: 'alone' }),
    ...print('output.stdout', { text: 'long ', offset: 0, bytes: 5, partial: true }),
    ...print('output.stdout', { text: 'line', offset: 5, bytes: 5, partial: false }),
    ...print('output.stderr', { text: 'bad', offset: 0, bytes: 4, partial: false }),
    ...print('worktree.created', { path: '/w', branch: 'b', base_commit: 'c', uncommitted_files: 3 }),
    ...print('something.new', { text: 'unknown' }),
    ...print('thought.delta', { text: 'hm' }),
    ...printer.end(),
  ];
  const textTo = (to: string) => pieces.flatMap((piece) => (piece.to === to ? [piece.text] : [])).join('');

  t.equal(textTo('out'), 'one two\nalone\nlong line\n');
  t.equal(
    textTo('err'),
    '> ls -la\nbad\nworks on branch b in /w\n3 uncommitted files are not included\nhm\n',
  );
});

void t.test('lines of the log are shown for a person, foreign ones as they are', async (t) => {
  const line = JSON.stringify({ level: 40, time: 0, pid: 1, hostname: 'h', msg: 'slow\u001b', ms: 3 });

  t.equal(formatLogLine(line, plainStyle), '1970-01-01T00:00:00.000Z warn  slow\\e ms=3\n');
  t.equal(formatLogLine('not json', plainStyle), 'not json\n');
});

void t.test('command lines are made ready for the parser', async (t) => {
  t.match(prepareArgv(['--bg', 'x']), { args: ['run', 'x', '--bg'], command: null });
  t.match(prepareArgv(['--profile', 'p', '--bg', 'x', '--json']), {
    args: ['run', 'x', '--profile', 'p', '--bg', '--json'],
    wantsJson: true,
  });
  t.match(prepareArgv(['run', '--', 'a', '--help']), {
    args: ['run'],
    command: ['a', '--help'],
    wantsHelp: false,
  });
  t.match(prepareArgv(['approvals', 'answer', 'x', '--', '-5']), {
    args: ['approvals', 'answer', 'x', '--', '-5'],
    command: null,
  });
});

void t.test('a typing error finds its word, anything else finds none', async (t) => {
  t.equal(editDistance('statsu', 'status'), 1);
  t.equal(nearest('statsu', ['stop', 'status']), 'status');
  t.equal(nearest('xyz', ['stop', 'status']), null);
});
