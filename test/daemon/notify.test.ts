import t from 'tap';
import { type Log, silentLog, systemClock } from '../../src/base/index.ts';
import { createNotifier, takeServiceEnvironment } from '../../src/daemon/notify/index.ts';
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

t.test('the manager hears of the readiness, of each change, that we live, and of the end', async (t) => {
  const sent: string[] = [];
  let text = 'no runs';
  const notifier = createNotifier({
    service: { notifySocket: '/run/n', watchdogMs: 20 },
    pid: 7,
    clock: systemClock,
    log: silentLog,
    describe: () => text,
    send: async (words) => void sent.push(words.join(' ')),
  });
  notifier.starting();
  await notifier.ready();
  t.strictSame(sent, ['READY=1 STATUS=no runs']);
  await until('three signs of life', () => sent.filter((words) => words === 'WATCHDOG=1').length >= 3);
  text = '1 run';
  await until('the new text', () => sent.includes('STATUS=1 run'));

  await notifier.stopping('SIGTERM\nreceived');
  const ended = sent.length;
  t.equal(sent.at(-1), 'STOPPING=1 STATUS=stopping: SIGTERM received');
  await systemClock.sleep(100); // five more signs of life, were they not stopped
  t.equal(sent.length, ended);
});

t.test('a daemon that cannot read its store gives no sign of life', async (t) => {
  const sent: string[] = [];
  let fails = 0;
  const log: Log = { ...silentLog, error: () => void fails++ };
  let isWell = true;
  const notifier = createNotifier({
    service: { notifySocket: '/run/n', watchdogMs: 10 },
    pid: 7,
    clock: systemClock,
    log,
    describe: () => {
      if (!isWell) throw new Error('the store does not answer');
      return 'well';
    },
    send: async (words) => void sent.push(words.join(' ')),
  });
  await notifier.ready();
  isWell = false;
  const before = sent.length;
  await until('the failures to be logged', () => fails >= 3);
  t.ok(sent.length - before <= 1, 'at most the one that was on its way');
  await notifier.stopping('the end');
});

t.test('a manager that does not listen costs one warning', async (t) => {
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => void warnings.push(message) };
  const notifier = createNotifier({
    service: { notifySocket: '/nowhere/n', watchdogMs: null },
    pid: process.pid,
    clock: systemClock,
    log,
    describe: () => 'no runs',
  });
  await notifier.ready();
  await notifier.stopping('the end');
  t.equal(warnings.length, 1);
});

t.test('without a manager nothing is sent', async (t) => {
  const notifier = createNotifier({
    service: { notifySocket: null, watchdogMs: null },
    pid: 7,
    clock: systemClock,
    log: silentLog,
    describe: () => t.fail('asked for nothing') as never,
    send: async () => t.fail('sent to nobody') as never,
  });
  notifier.starting();
  await notifier.ready();
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
