import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../../src/base/index.ts';
import {
  filesToRemove,
  formatLogFileName,
  parseLogFileName,
  sortLogFiles,
} from '../../../src/daemon/log/files.ts';
import { createRotatingFile, maxLogFiles } from '../../../src/daemon/log/rotating-file.ts';

const clockAt = (start: string) => {
  const clock = { ...systemClock, ms: Date.parse(start), now: () => clock.ms };
  return clock;
};
const bytesIn = (folder: string) =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
const line = (text: string, bytes = 0) => `${text.padEnd(bytes - 1, '.')}\n`;

t.test('names are ordered by day, then by number as a number', async (t) => {
  const names = [
    'daemon-2026-11-20.log',
    'daemon-2026-11-21.log',
    'daemon-2026-11-21.2.log',
    'daemon-2026-11-21.10.log',
  ];
  const shuffled = [3, 1, 0, 2].map((index) => ({ name: names[index] ?? '', bytes: 1 }));
  t.same(
    sortLogFiles([...shuffled, { name: 'notes.log', bytes: 1 }]).map(({ name }) => name),
    names,
  );
  for (const name of names)
    t.equal(formatLogFileName(parseLogFileName(name) ?? { day: '', number: 0 }), name);
  for (const name of [
    'daemon-2026-11-21.1.log',
    'daemon-2026-11-21.0.log',
    'daemon.log',
    'daemon-2026-11-21.log.gz',
  ]) {
    t.equal(parseLogFileName(name), null, name);
  }
});

t.test(
  'the oldest are removed by bytes and by count, never the current one nor a foreign file',
  async (t) => {
    const files = [
      ...[1, 2, 3, 4].map((day) => ({ name: `daemon-2026-11-0${day}.log`, bytes: 10 })),
      { name: 'mine.log', bytes: 1000 },
    ];
    const current = 'daemon-2026-11-01.log'; // the clock went back
    const remove = (bytes: number, count: number) => filesToRemove(files, { bytes, files: count, current });

    t.same(remove(30, 9), []);
    t.same(remove(29, 9), ['daemon-2026-11-02.log']);
    t.same(remove(100, 1), ['daemon-2026-11-02.log', 'daemon-2026-11-03.log']);
    t.same(remove(0, 9).length, 3);
  },
);

t.test('a day or a full file starts the next one, and all together never pass the total', async (t) => {
  const folder = join(t.testdir(), 'logs');
  const clock = clockAt('2026-11-21T23:00:00Z');
  const maxBytes = 2 * 1024 * 1024;
  const file = createRotatingFile({ folder, clock, maxBytes: () => maxBytes });
  t.teardown(file.close);
  let most = 0;

  for (let count = 0; count < 3000; count++) {
    if (count === 1500) clock.ms += 3_600_000;
    file.write(line(`line ${count}`, 2000));
    if (count % 50 === 0) most = Math.max(most, bytesIn(folder));
  }

  const names = sortLogFiles(readdirSync(folder).map((name) => ({ name, bytes: 0 }))).map(({ name }) => name);
  t.ok(most <= maxBytes, `never more than ${most} bytes`);
  t.ok(most > maxBytes / 2, 'and not much less');
  t.match(names.at(-1), /^daemon-2026-11-22\.\d+\.log$/);
  t.match(readFileSync(join(folder, names.at(-1) ?? ''), 'utf8'), /line 2999\./);
  t.ok(names.length > 5 && names.length <= maxLogFiles + 1, `${names.length} files`);
  for (const name of names) t.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
  t.equal(statSync(folder).mode & 0o777, 0o700);
  t.equal(file.dropped(), 0);
});

t.test('a restart goes on with the file of the day, after ending a torn line', async (t) => {
  const folder = t.testdir();
  const options = { folder, clock: clockAt('2026-11-21T10:00:00Z'), maxBytes: () => 1 << 20 };
  const first = createRotatingFile(options);
  first.write(line('one'));
  first.close();
  appendFileSync(join(folder, 'daemon-2026-11-21.log'), '{"torn');

  const second = createRotatingFile(options);
  t.teardown(second.close);
  second.write(line('two'));

  t.equal(readFileSync(join(folder, 'daemon-2026-11-21.log'), 'utf8'), 'one\n{"torn\ntwo\n');
});

t.test('a smaller total counts from the next line on', async (t) => {
  const folder = t.testdir();
  for (let day = 1; day < 9; day++)
    writeFileSync(join(folder, `daemon-2026-11-0${day}.log`), 'x'.repeat(300_000));
  let maxBytes = 10_000_000;
  const file = createRotatingFile({
    folder,
    clock: clockAt('2026-11-21T10:00:00Z'),
    maxBytes: () => maxBytes,
  });
  t.teardown(file.close);

  file.write(line('one'));
  t.equal(readdirSync(folder).length, 9);
  maxBytes = 1_000_000;
  file.write(line('two'));

  t.same(readdirSync(folder), ['daemon-2026-11-07.log', 'daemon-2026-11-08.log', 'daemon-2026-11-21.log']);
});

t.test('what cannot be written is counted, told when it can be again, and nothing throws', async (t) => {
  const folder = join(t.testdir(), 'logs');
  writeFileSync(folder, 'a file in the way');
  const file = createRotatingFile({
    folder,
    clock: clockAt('2026-11-21T10:00:00Z'),
    maxBytes: () => 1 << 20,
  });
  t.teardown(file.close);

  file.write(line('lost 1'));
  file.write(line('lost 2'));
  t.equal(file.dropped(), 2);
  t.ok(file.isFailing());

  renameSync(folder, `${folder}.aside`);
  file.write(line('kept'));
  t.notOk(file.isFailing());
  t.equal(file.dropped(), 2);
  const [told, kept] = readFileSync(join(folder, 'daemon-2026-11-21.log'), 'utf8').split('\n');
  t.same(JSON.parse(told ?? ''), {
    level: 'warn',
    time: '2026-11-21T10:00:00.000Z',
    msg: 'log lines could not be written',
    lines: 2,
  });
  t.equal(kept, 'kept');
});

t.test('a file that somebody removed is made again', async (t) => {
  const folder = join(t.testdir(), 'logs');
  const file = createRotatingFile({
    folder,
    clock: clockAt('2026-11-21T10:00:00Z'),
    maxBytes: () => 1 << 20,
  });
  t.teardown(file.close);
  file.write(line('one'));
  rmSync(folder, { recursive: true });

  file.write(line('two'));

  t.equal(readFileSync(join(folder, 'daemon-2026-11-21.log'), 'utf8'), 'two\n');
});
