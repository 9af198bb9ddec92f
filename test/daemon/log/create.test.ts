import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../../src/base/index.ts';
import { AppError } from '../../../src/contract/index.ts';
import { createDaemonLog } from '../../../src/daemon/log/create.ts';
import type { StderrFormat } from '../../../src/daemon/log/stderr.ts';

function setUp(t: Test, format: StderrFormat = 'json') {
  const folder = t.testdir();
  const shown: string[] = [];
  const daemonLog = createDaemonLog({
    folder,
    clock: { ...systemClock, now: () => Date.parse('2026-11-21T10:00:00.000Z') },
    settings: { level: 'info', max_bytes: '100MiB' },
    stderr: { format, write: (line) => shown.push(line) },
  });
  t.teardown(daemonLog.close);
  const text = () => readFileSync(join(folder, 'daemon-2026-11-21.log'), 'utf8');
  const lines = (): Record<string, unknown>[] =>
    text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  return { ...daemonLog, shown, text, lines };
}

t.test('a line is JSON with level, time, message and fields, on disk before the call returns', async (t) => {
  const { log, lines, shown } = setUp(t);

  log.info('run started', { run_id: 'run_1', pid: 7 });
  log.debug('not this');
  log.error('background work failed', { err: new AppError('busy', 'No room', { cause: new Error('why') }) });

  const [first, second, ...more] = lines();
  t.same(first, {
    level: 'info',
    time: '2026-11-21T10:00:00.000Z',
    msg: 'run started',
    run_id: 'run_1',
    pid: 7,
  });
  t.match(second, {
    level: 'error',
    err: { type: 'AppError', code: 'busy', message: 'No room', stack: /create\.test/ },
  });
  t.match(second, { err: { cause: { message: 'why' } } });
  t.same(more, []);
  t.equal(shown.length, 2);
});

t.test('a changed level counts from the next line on', async (t) => {
  const { log, apply, lines } = setUp(t);

  apply({ level: 'debug', max_bytes: '1MiB' });
  log.debug('seen');
  apply({ level: 'error', max_bytes: '1MiB' });
  log.warn('not seen');
  log.error('seen');

  t.same(
    lines().map(({ level }) => level),
    ['debug', 'error'],
  );
});

t.test('secrets are not logged, however deep and however the key is written', async (t) => {
  const { log, text, shown } = setUp(t);
  const failed = Object.assign(new Error('spawn failed'), {
    spawnargs: ['--token', 'hidden'],
    env: { A: 'hidden' },
  });

  log.warn('request', {
    token: 'hidden',
    Authorization: 'Bearer hidden',
    headers: { cookie: 'hidden', accept: 'kept' },
    list: [{ api_key: 'hidden' }, { 'x-y': { 'API-Key': 'hidden', password: ['hidden'] } }],
    env: { HOME: 'hidden' },
    prompt: 'hidden',
    err: failed,
    other: failed,
  });

  t.notMatch(text(), /hidden/);
  t.notMatch(shown.join(''), /hidden/);
  t.match(text(), /kept/);
});

t.test('no field can make logging throw or a line grow without end', async (t) => {
  const { log, lines } = setUp(t);
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const trap = {
    get boom() {
      throw new Error('getter');
    },
  };

  log.info('cycle', { cycle });
  log.info('trap', { trap });
  log.info('odd', {
    big: 10n,
    date: new Date(Number.NaN),
    bytes: Buffer.alloc(1e6),
    fn: () => 1,
    symbol: Symbol('s'),
  });
  log.info('x'.repeat(1e6), { more: 'y'.repeat(1e6) });
  log.info('many', { many: Array.from({ length: 1e5 }, (_, index) => index) });

  const all = lines();
  t.equal(all.length, 5);
  t.match(all[1], { msg: 'trap', unloggable: /getter/ });
  t.match(all[2], { big: '10', date: 'Invalid Date', bytes: '[1000000 bytes]' });
  t.equal(String(all[3]?.msg).length, 1024);
  t.ok(Number(all[3]?.cut_from_bytes) > 2e6);
  for (const line of all) t.ok(JSON.stringify(line).length < 65_536);
});

t.test('a person gets one line without control characters, journald a priority', async (t) => {
  const human = setUp(t, 'human');
  human.log.warn('odd \u001b[31mname\nforged line', { path: '/a b', n: 1, err: new Error('no \u0007') });
  t.equal(
    human.shown[0],
    '10:00:00 warn  odd \\u001b[31mname\\u000aforged line path="/a b" n=1 err="no \\u0007"\n',
  );

  const journal = setUp(t, 'journal');
  journal.log.error('bad');
  journal.log.info('good');
  t.match(journal.shown[0], /^<3>\{"level":"error"/);
  t.match(journal.shown[1], /^<6>\{"level":"info"/);
});
