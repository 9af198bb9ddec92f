/** What `test/systemd/notify.test.ts` runs inside the throw-away system: the daemon's talk with its manager. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  configFile,
  drover,
  finishWell,
  install,
  journal,
  json,
  killMain,
  logLines,
  mainPid,
  property,
  restarts,
  runCases,
  startRun,
  systemctl,
  uninstall,
  unit,
  untilBack,
  well,
  writeDropIn,
} from './unit-world.ts';
import { until } from './until.ts';

const level: Readonly<Record<string, string>> = { '3': 'error', '4': 'warn', '6': 'info', '7': 'debug' };
/** Longer than a start on a busy machine has to wait for a processor; short enough to wait for. */
const watchdog = 'WatchdogSec=5';

await runCases([
  {
    name: 'a start returns when the daemon is ready, and says whose service it is',
    run: async () => {
      install([watchdog]);
      well(systemctl('stop', unit));
      well(systemctl('start', unit));
      const status = json('status');
      assert.deepEqual([status.ready, status.service, status.pid], [true, `systemd:${unit}`, mainPid()]);
      assert.match(well(drover('status')), /^service: +systemd:drover\.service$/m);
      assert.equal(property('StatusText'), 'no runs');
    },
  },
  {
    name: 'the status text follows the runs, and nothing of the manager reaches one',
    run: async () => {
      const run = await startRun();
      await until('the text', () => property('StatusText') === '1 run');
      finishWell(run);
      await until('the text', () => property('StatusText') === 'no runs');
      const { run_id: id } = json('run', '--bg', '--agent', 'command', '--', 'env');
      well(drover('runs', 'wait', id, '--timeout', '30s'));
      const text = well(drover('runs', 'logs', id));
      assert.match(text, /^PATH=/m);
      assert.doesNotMatch(
        text,
        /^(LISTEN_|NOTIFY_SOCKET|WATCHDOG_|JOURNAL_STREAM|INVOCATION_ID|SYSTEMD_EXEC_PID|MANAGERPID|DROVER_SERVICE)/m,
      );
    },
  },
  {
    name: 'a reload through the manager takes up the file, and fails with a bad one',
    run: async () => {
      const pid = mainPid();
      mkdirSync(dirname(configFile), { recursive: true });
      writeFileSync(configFile, 'max_parallel_runs = 2\n');
      well(systemctl('reload', unit));
      assert.ok(logLines().some(({ msg }) => msg === 'configuration reloaded'));
      writeFileSync(configFile, 'max_paralel_runs = 2\n');
      assert.notEqual(systemctl('reload', unit).code, 0);
      writeFileSync(configFile, '');
      well(systemctl('reload', unit));
      process.kill(pid, 'SIGHUP');
      assert.equal(mainPid(), pid);
    },
  },
  {
    name: 'a daemon killed with -9 is back, answers, and has its live run',
    run: async () => {
      const run = await startRun();
      await untilBack(await killMain('SIGKILL'));
      assert.equal(json('status').ready, true);
      assert.equal(json('runs', 'show', run.id).status, 'running');
      finishWell(run);
    },
  },
  {
    name: 'a daemon that stands still is ended by the watchdog and started anew, under its live run',
    run: async () => {
      const run = await startRun();
      const before = restarts();
      await untilBack(await killMain('SIGSTOP'));
      assert.equal(restarts(), before + 1);
      assert.ok(journal().some(({ MESSAGE: text }) => /[Ww]atchdog timeout/.test(text ?? '')));
      finishWell(run);
    },
  },
  {
    name: 'the journal has every line of the log file, one record each, with its level',
    run: async () => {
      well(systemctl('stop', unit));
      const expected = logLines().map(({ time, level, msg }) => `${time} ${level} ${msg}`);
      const found = () =>
        journal()
          .filter(({ _TRANSPORT: by, MESSAGE: text }) => by === 'stdout' && text?.startsWith('{'))
          .map(({ MESSAGE: text, PRIORITY: priority }) => {
            const { time, msg } = JSON.parse(text ?? '') as Record<string, unknown>;
            return `${time} ${level[priority ?? '']} ${msg}`;
          });
      await until('journald to have written', () => found().length >= expected.length);
      assert.deepEqual(found(), expected);
      assert.ok(expected.length > 10);
    },
  },
  {
    name: 'a bad configuration is one attempt, and the manager says what is wrong',
    run: async () => {
      writeFileSync(configFile, 'max_paralel_runs = 2\n');
      assert.notEqual(systemctl('start', unit).code, 0);
      await until('the end', () => property('ActiveState') === 'failed');
      assert.deepEqual([restarts(), property('ExecMainStatus')], [0, '2']);
      assert.ok(journal().some(({ MESSAGE: text }) => text?.includes('max_paralel_runs')));
      writeFileSync(configFile, '');
    },
  },
  {
    name: 'a daemon that cannot live is given up after eight attempts',
    run: async () => {
      systemctl('reset-failed', unit);
      writeDropIn(['ExecStart=', "ExecStart=/bin/sh -c 'exit 7'"]);
      well(systemctl('daemon-reload'));
      assert.notEqual(systemctl('start', unit).code, 0);
      await until(
        'the manager to give up',
        () => property('ActiveState') === 'failed' && property('SubState') === 'failed' && restarts() >= 7,
      );
      const count = restarts();
      assert.ok(count <= 8, `${count} restarts`);
      uninstall();
    },
  },
]);
