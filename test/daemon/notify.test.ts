import { mock } from 'node:test';
import t from 'tap';
import { type Log, silentLog, systemClock } from '../../src/base/index.ts';
import { AppError } from '../../src/contract/index.ts';
import { createNotifier, takeServiceEnvironment } from '../../src/daemon/notify/index.ts';
import { statusEveryMs } from '../../src/daemon/notify/notifier.ts';
import { pulseOf } from '../../src/daemon/pulse.ts';
import { statusText } from '../../src/daemon/status-text.ts';
import { until } from '../support/until.ts';

t.test('what the manager says is read, and taken out of the environment', async (t) => {
  const env: NodeJS.ProcessEnv = {
    PATH: '/bin',
    DROVER_SERVICE: 'systemd:drover.service',
    NOTIFY_SOCKET: '/run/n',
    WATCHDOG_PID: '7',
    WATCHDOG_USEC: '30000000',
    LISTEN_PID: '7',
    LISTEN_FDS: '2',
    LISTEN_FDNAMES: 'control',
  };
  t.strictSame(takeServiceEnvironment(env, 7), {
    service: 'systemd:drover.service',
    notifySocket: '/run/n',
    watchdogMs: 30_000,
    inherited: { names: ['control', 'unknown'] },
  });
  t.strictSame(env, { PATH: '/bin' });
});

t.test('what is meant for another process is not ours, and goes all the same', async (t) => {
  const nothing = { service: null, notifySocket: null, watchdogMs: null, inherited: null };
  const cases: NodeJS.ProcessEnv[] = [
    {},
    { WATCHDOG_PID: '8', WATCHDOG_USEC: '1000000', LISTEN_PID: '8', LISTEN_FDS: '1' },
    { LISTEN_FDS: '1' }, // without LISTEN_PID it may be anybody's
    { LISTEN_PID: '7', LISTEN_FDS: '0' },
    { LISTEN_PID: '7', LISTEN_FDS: 'many', WATCHDOG_USEC: '-1' },
    { WATCHDOG_USEC: '0', DROVER_SERVICE: '', NOTIFY_SOCKET: '' },
  ];
  for (const env of cases) {
    t.strictSame(takeServiceEnvironment(env, 7), nothing);
    t.strictSame(env, {});
  }
});

/** A notifier whose messages are collected, one line each. */
function collecting(watchdogMs: number | null, log: Log = silentLog) {
  const sent: string[] = [];
  const notifier = createNotifier({
    service: { notifySocket: '/run/n', watchdogMs },
    pid: 7,
    clock: systemClock,
    log,
    send: async (words) => void sent.push(words.join(' ')),
  });
  return { notifier, sent, beats: () => sent.filter((words) => words === 'WATCHDOG=1').length };
}

t.test('the manager hears of the readiness, that we live, and of the end', async (t) => {
  const { notifier, sent, beats } = collecting(20);
  notifier.starting(false);
  await notifier.ready({ describe: () => 'no runs', probe: async () => {} });
  t.strictSame(sent.slice(0, 1), ['READY=1 STATUS=no runs']);
  await until('three signs of life', () => beats() >= 3);

  await notifier.stopping('SIGTERM\nreceived');
  const ended = sent.length;
  t.equal(sent.at(-1), 'STOPPING=1 STATUS=stopping: SIGTERM received');
  await systemClock.sleep(100); // ten more signs of life, were they not stopped
  t.equal(sent.length, ended);
});

t.test('the text is told when it changes, and only then', async (t) => {
  const timers = mock.timers;
  timers.enable({ apis: ['setInterval'] });
  t.teardown(() => timers.reset());
  const { notifier, sent } = collecting(null);
  let text = 'no runs';
  await notifier.ready({ describe: () => text, probe: async () => {} });
  timers.tick(10 * statusEveryMs);
  await new Promise(setImmediate);
  t.strictSame(sent, ['READY=1 STATUS=no runs']);
  text = '1 run';
  timers.tick(10 * statusEveryMs);
  await new Promise(setImmediate);
  t.strictSame(sent.slice(1), ['STATUS=1 run']);
});

t.test('a manager that does not read makes no queue of texts', async (t) => {
  const timers = mock.timers;
  timers.enable({ apis: ['setInterval'] });
  t.teardown(() => timers.reset());
  const sent: string[] = [];
  const reading = Promise.withResolvers<void>();
  let runs = 0;
  const notifier = createNotifier({
    service: { notifySocket: '/run/n', watchdogMs: null },
    pid: 7,
    clock: systemClock,
    log: silentLog,
    send: async (words) => {
      sent.push(words.join(' '));
      if (runs > 0) await reading.promise;
    },
  });
  await notifier.ready({ describe: () => `${runs} runs`, probe: async () => {} });

  for (runs = 1; runs < 10; runs += 1) {
    timers.tick(statusEveryMs);
    await new Promise(setImmediate);
  }
  const stopped = notifier.stopping('the end');
  reading.resolve();
  await stopped;

  t.strictSame(sent, ['READY=1 STATUS=0 runs', 'STATUS=1 runs', 'STOPPING=1 STATUS=stopping: the end']);
});

t.test('before what holds up the event loop the manager is asked for time at once', async (t) => {
  const { notifier, sent } = collecting(null);
  notifier.starting(true);
  t.match(sent, [/^EXTEND_TIMEOUT_USEC=\d{8,} STATUS=starting$/], 'not a turn of the loop later');
  await notifier.stopping('the end');
});

t.test('a daemon whose store gives no answer gives no sign of life', async (t) => {
  const { notifier, beats } = collecting(10);
  let isStuck = false;
  let asked = 0;
  const probe = () => {
    asked += 1;
    return isStuck ? new Promise<void>(() => {}) : Promise.resolve();
  };
  await notifier.ready({ describe: () => 'well', probe });
  await until('a sign of life', () => beats() > 0);
  isStuck = true;
  const before = asked;
  await until('the question', () => asked > before);
  const given = beats();
  await systemClock.sleep(100);
  t.equal(beats(), given);
  t.equal(asked, before + 1);
  await notifier.stopping('the end');
});

t.test('a sign of life that could not be given is tried again, with one warning', async (t) => {
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => void warnings.push(message) };
  const { notifier, beats } = collecting(10, log);
  let isWell = false;
  let asked = 0;
  const probe = async () => {
    asked += 1;
    if (!isWell) throw new Error('no room');
  };
  await notifier.ready({ describe: () => 'well', probe });
  await until('three tries', () => asked >= 3);
  t.equal(beats(), 0);
  isWell = true;
  await until('a sign of life', () => beats() > 0);
  t.equal(warnings.length, 1);
  await notifier.stopping('the end');
});

t.test('a disk that refuses is alive, and so is one that answers', async (t) => {
  const parts = (write: () => Promise<unknown>) =>
    ({ store: { write, read: () => 0 }, runs: { counts: () => new Map() } }) as unknown as Parameters<
      typeof pulseOf
    >[0];
  const full = new AppError('storage_failed', 'database or disk is full');
  await pulseOf(parts(() => Promise.resolve())).probe();
  await pulseOf(parts(() => Promise.reject(full))).probe();
  await t.rejects(pulseOf(parts(() => Promise.reject(new Error('the store is closed')))).probe());
  t.equal(pulseOf(parts(() => Promise.resolve())).describe(), 'no runs');
});

t.test('a manager that does not listen costs one warning', async (t) => {
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => void warnings.push(message) };
  const notifier = createNotifier({
    service: { notifySocket: '/nowhere/n', watchdogMs: null },
    pid: process.pid,
    clock: systemClock,
    log,
  });
  await notifier.ready({ describe: () => 'no runs', probe: async () => {} });
  await notifier.stopping('the end');
  t.equal(warnings.length, 1);
});

t.test('without a manager nothing is sent', async (t) => {
  const notifier = createNotifier({
    service: { notifySocket: null, watchdogMs: null },
    pid: 7,
    clock: systemClock,
    log: silentLog,
    send: async () => t.fail('sent to nobody') as never,
  });
  notifier.starting(true);
  await notifier.ready({ describe: () => t.fail('asked for nothing') as never, probe: async () => {} });
  await notifier.stopping('the end');
});

t.test('the status text counts in words', async (t) => {
  t.equal(statusText(new Map(), 0), 'no runs');
  t.equal(statusText(new Map([['running', 1]]), 0), '1 run');
  const busy = new Map([
    ['running', 1],
    ['waiting', 1],
    ['queued', 3],
    ['succeeded', 9],
  ] as const);
  t.equal(statusText(busy, 1), '2 runs, 1 approval waits for you, 3 queued');
});
