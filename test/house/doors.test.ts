import t from 'tap';
import { filesLike, textOf } from '../support/house.ts';

/** A source file without its comments: they may speak of anything. */
const codeOf = (path: string) => textOf(path).replaceAll(/\/\*.*?\*\/|^\s*\/\/.*$/gms, '');
const sources = filesLike('src/**/*.ts');

type Door = { readonly danger: string; readonly sign: RegExp; readonly allowed: readonly string[] };

/** One door per danger: what shows that a file goes through it, and the files that may. */
const doors: readonly Door[] = [
  {
    danger: 'SQLite',
    sign: /from '(node:)?sqlite'/,
    allowed: ['src/foundation/store/', 'src/daemon/instance-lock.ts'],
  },
  { danger: 'starting a process', sign: /child_process/, allowed: ['src/base/spawn.ts'] },
  {
    danger: 'reading the time',
    sign: /\bDate\.now\b|\bperformance\.now\b|new Date\(\)/,
    allowed: ['src/base/clock.ts'],
  },
  { danger: 'running git', sign: /runCommand\(\s*'git'/, allowed: ['src/foundation/git/', 'src/demo/'] },
  { danger: 'a thread', sign: /worker_threads|new Worker\(/, allowed: [] },
  {
    danger: 'leaving the process',
    sign: /process\.exit\(/,
    allowed: ['src/main.ts', 'src/cli/process.ts', 'src/daemon/run-daemon.ts', 'src/demo/'],
  },
  {
    danger: 'evaluating text',
    sign: /\beval\(|new Function\(|node:vm/,
    allowed: ['src/base/settle-memory.ts'], // the only way to the collector in a process that runs already
  },
];

for (const { danger, sign, allowed } of doors) {
  t.test(`${danger}: ${allowed.join(', ') || 'nowhere'}`, async (t) => {
    const users = sources.filter((path) => sign.test(codeOf(path)));
    if (allowed.length > 0) t.ok(users.length > 0, 'the sign is still the right one');

    t.same(
      users.filter((path) => !allowed.some((prefix) => path.startsWith(prefix))),
      [],
    );
  });
}

t.test('no comment promises to do something later', async (t) => {
  const later = /(\/\/|\*).*\b(TODO|FIXME|XXX|HACK)\b/;
  const paths = [...sources, ...filesLike('{scripts,test}/**/*.{ts,sh}')];

  t.same(
    paths.filter((path) => path !== 'test/house/doors.test.ts' && later.test(textOf(path))),
    [],
  );
});
