import t from 'tap';
import { countTap, type FileResult } from '../../scripts/test/results.ts';

/** What the lines of a run of tap come to, file by file. */
function counted(lines: string): FileResult[] {
  const files: FileResult[] = [];
  const parser = countTap((file) => files.push(file));
  parser.end(`TAP version 14\n${lines}`);
  return files;
}

t.test('each assertion counts once, however deep it is', async (t) => {
  const [file, ...more] = counted(`# Subtest: test/a.test.ts
    ok 1 - at the top
    # Subtest: outer
        # Subtest: inner
            ok 1 - one
            ok 2 - two
            1..2
        ok 1 - inner
        ok 2 - three
        1..2
    ok 2 - outer
    1..2
ok 1 - test/a.test.ts # time=1500ms
1..1
`);

  t.match(file, { file: 'test/a.test.ts', seconds: 1.5, passed: 4, failed: 0, skipped: [], failures: [] });
  t.same(more, []);
});

t.test('a failure is counted where it is, not again on every level above', async (t) => {
  const [file] = counted(`# Subtest: test/a.test.ts
    # Subtest: outer
        ok 1 - fine
        not ok 2 - wrong
          ---
          found: 1
          ...
        1..2
    not ok 1 - outer
    1..1
not ok 1 - test/a.test.ts
1..1
`);

  t.match(file, { passed: 1, failed: 1 });
  t.match(file?.failures, [/wrong\n\{\s+"found": 1/]);
});

t.test('a test that failed as a whole counts as one failure', async (t) => {
  const [timeout, empty] = counted(`# Subtest: test/a.test.ts
    # Subtest: hangs
        ok 1 - so far
        1..1
    not ok 1 - timeout!
    1..1
not ok 1 - test/a.test.ts
# Subtest: test/b.test.ts
    1..0
not ok 2 - test/b.test.ts
  ---
  exitCode: 7
  ...
1..2
`);

  t.match(timeout, { passed: 1, failed: 1, failures: [/timeout!/] });
  t.match(empty, { passed: 0, failed: 1, failures: [/test\/b\.test\.ts\n\{\s+"exitCode": 7/] });
});

t.test('what is skipped is named with its reason, and passes nothing', async (t) => {
  const [inside, whole] = counted(`# Subtest: test/a.test.ts
    ok 1 - on a Mac # SKIP needs Linux
    ok 2 - here
    ok 3 - some day # TODO
    1..3
ok 1 - test/a.test.ts
ok 2 - test/b.test.ts # SKIP needs root
1..2
`);

  t.match(inside, { passed: 1, failed: 0, skipped: [/on a Mac: needs Linux/, /some day: no reason given/] });
  t.match(whole, { file: 'test/b.test.ts', passed: 0, failed: 0, skipped: ['test/b.test.ts: needs root'] });
});

t.test('files that run at the same time are kept apart', async (t) => {
  const files = counted(`ok 1 - test/a.test.ts {
    ok 1 - one
    1..1
}
not ok 2 - test/b.test.ts {
    not ok 1 - two
    1..1
}
1..2
`);

  t.match(files, [
    { file: 'test/a.test.ts', passed: 1, failed: 0 },
    { file: 'test/b.test.ts', passed: 0, failed: 1 },
  ]);
});

t.test(
  'a file on which tap gives up takes nothing from another, and one that never ends is told',
  async (t) => {
    const files = counted(`# Subtest: test/a.test.ts
    ok 1 - one
    1..1
ok 1 - test/a.test.ts
not ok 2 - timeout!
  ---
  expired: test/b.test.ts
  ...
# Subtest: test/c.test.ts
    ok 1 - two
`);

    t.match(files, [
      { file: 'test/a.test.ts', passed: 1, failed: 0 },
      { file: 'timeout!', passed: 0, failed: 1, failures: [/test\/b\.test\.ts/] },
      { passed: 1, failed: 1, failures: [/test\/c\.test\.ts did not end/] },
    ]);
  },
);
