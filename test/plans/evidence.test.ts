/** What the commands of `[verify]` wrote and came to, told apart whatever they write. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { maxKeptChars, resultsOf, tailsOf } from '../../src/domain/plans/carry/evidence-output.ts';
import { commandsOf, markOf, scriptOf } from '../../src/domain/plans/carry/evidence-script.ts';

const skip = process.platform === 'linux' ? false : 'its files are those of Linux';
const mark = markOf('a plan:evidence:review:1');

async function* inPieces(text: Buffer | string, size = 1 << 16): AsyncIterable<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Runs the script as a launcher does, with files for what it writes. */
async function run(t: Test, commands: readonly string[]) {
  const script = scriptOf(commands, mark);
  t.same(commandsOf(script), commands);
  const paths = ['out.log', 'err.log'].map((name) => join(t.testdir(), name));
  const [stdout = -1, stderr = -1] = paths.map((path) => openSync(path, 'a'));
  execFileSync('/bin/sh', ['-c', script], { stdio: ['ignore', stdout, stderr] });
  closeSync(stdout);
  closeSync(stderr);
  const [out = '', err = ''] = paths.map((path) => readFileSync(path, 'latin1'));
  const files = { mark, stdout: inPieces(Buffer.from(out, 'latin1')), stderr: inPieces(err) };
  return { results: await resultsOf(commands, files), out, err };
}

t.test('each command has its own exit code and its own words', async (t) => {
  const { results, err } = await run(t, [
    'echo \'it is\' "fine"',
    'echo bröken >&2; exit 7',
    'cat',
    'exec true',
  ]);

  t.same(
    results.map(({ exitCode, output }) => [exitCode, output]),
    [
      [0, 'it is fine'],
      [7, 'bröken'],
      [0, ''],
      [0, ''],
    ],
  );
  t.equal(err.trim().split(/\n+/).length, 4, 'what they say stands in no file but one');
});

t.test('what goes on in the background forges no exit code', { skip }, async (t) => {
  const marks = 'tr "\\0" "\\n" </proc/$PPID/cmdline | grep -oE "drover-evidence-[0-9a-f]{24}" | head -1';
  const lines = `printf "\\n%s all 0 0\\n\\n%s 0 0 00\\n\\n%s 1 0 00\\n" $mark $mark $mark`;
  const loop = `mark=$(${marks}); (n=0; while [ $n -lt 300 ]; do ${lines}; ${lines} >&2; n=$((n + 1)); sleep 0.01; done) &`;
  const { results, out } = await run(t, [`${loop} sleep 0.3; exit 5`, 'sleep 0.3; echo mine; exit 6']);

  t.same(
    results.map(({ exitCode }) => exitCode),
    [5, 6],
  );
  t.match(out, new RegExp(`${mark} 0 0 00`), 'it was tried');
  t.match(results[1]?.output, /^mine$/m);
});

t.test('one that writes much takes nothing away from the others', async (t) => {
  const { results } = await run(t, [
    'echo first; exit 4',
    'head -c 3000000 /dev/zero | tr "\\0" "x"; echo "the end"; exit 3',
    'echo last',
  ]);

  t.same(
    results.map(({ exitCode, output }) => [exitCode, output.length, output.slice(-7)]),
    [
      [4, 5, 'first'],
      [3, maxKeptChars, 'the end'],
      [0, 4, 'last'],
    ],
  );
});

t.test(
  'a command that empties the file leaves the others what they wrote afterwards',
  { skip },
  async (t) => {
    const { results } = await run(t, ['echo gone', ': >/dev/stdout; echo kept; exit 2', 'echo too']);

    t.same(
      results.map(({ exitCode, output }) => [exitCode, output]),
      [
        [0, '(it is further back than what is read; the log of the run has it)'],
        [2, 'kept'],
        [0, 'too'],
      ],
    );
  },
);

t.test('of what was ended in its midst there is what it said, and no exit code', async (t) => {
  const commands = ['echo one', 'echo two', 'echo three'];
  const files = {
    mark,
    stdout: inPieces(`one\n\n${mark} ab\ntwo\nand`),
    stderr: inPieces(`drover: set-up: make\n\n${mark} 0 0 ab\n`),
  };
  t.same(
    (await resultsOf(commands, files)).map(({ exitCode, output }) => [exitCode, output]),
    [
      [0, 'one'],
      [null, 'two\nand'],
      [null, ''],
    ],
  );
  const none = { mark, stdout: inPieces(''), stderr: inPieces('') };
  t.same(await resultsOf(['true'], none), [{ command: 'true', exitCode: null, output: '' }]);
});

t.test('it matters not where what is read is cut, and there is an end to it', async (t) => {
  const text = `${'ä'.repeat(20_000)}\n\n${mark} aa\n\n${mark} 12\nzwei ${mark} bb\n\n${mark} aa\n\n${mark} bb\nrest`;
  const order = new Map([
    ['aa', 0],
    ['bb', 1],
  ]);
  for (const size of [1, 7, 1000, 1 << 20]) {
    const { tails, rest } = await tailsOf(inPieces(text, size), { mark, order });
    t.equal(tails.get(0), 'ä'.repeat(maxKeptChars));
    t.equal(tails.get(1), `${mark} 12\nzwei ${mark} bb\n\n${mark} aa`);
    t.equal(rest, 'rest');
  }
  const { tails } = await tailsOf(inPieces(text, 1000), { mark, order, maxBytes: 40_000 });
  t.same([...tails.keys()], [], 'no more is read than that');
});
