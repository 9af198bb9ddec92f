/** What `test/systemd/socket-activation.test.ts` runs inside the throw-away system: the daemon on its manager's socket. */
import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  configFile,
  drover,
  finishWell,
  get,
  install,
  journal,
  json,
  killMain,
  mainPid,
  property,
  runCases,
  socketPath,
  socketUnit,
  startRun,
  systemctl,
  uninstall,
  unit,
  untilBack,
  well,
} from './unit-world.ts';
import { until } from './until.ts';

const rounds = 5;
/** The cases start the daemon more often than the unit lets a failing one: each end here is one that they ask for. */
const noStartLimit = ['[Unit]', 'StartLimitIntervalSec=0'];

await runCases([
  {
    name: 'a connection starts the daemon, on a socket that is as private as its own',
    run: async () => {
      install(noStartLimit, '--socket-activation');
      well(systemctl('stop', unit));
      well(systemctl('start', socketUnit));
      assert.equal(property('ActiveState'), 'inactive');
      const { mode, ino } = lstatSync(socketPath);
      assert.equal(mode & 0o777, 0o600);
      assert.equal(await get('/healthz'), 200);
      assert.equal(json('status').pid, mainPid());
      assert.equal(lstatSync(socketPath).ino, ino);
    },
  },
  {
    name: 'of requests one after the other none is lost to kill -9, and the live run goes on',
    run: async () => {
      const run = await startRun();
      const { ino } = lstatSync(socketPath);
      for (let round = 0; round < rounds; round += 1) {
        const pid = await killMain('SIGKILL');
        for (let request = 0; request < 20; request += 1) assert.equal(await get('/healthz'), 200);
        await untilBack(pid);
      }
      assert.equal(lstatSync(socketPath).ino, ino);
      finishWell(run);
    },
  },
  {
    name: 'a request during a stop of the daemon is answered by this one or by the next',
    run: async () => {
      for (let round = 0; round < rounds; round += 1) {
        process.kill(await until('a main process', () => mainPid()), 'SIGTERM');
        const clients = Array.from({ length: 8 }, async () => {
          for (let request = 0; request < 20; request += 1) assert.equal(await get('/healthz'), 200);
        });
        await Promise.all(clients);
      }
    },
  },
  {
    name: 'stop ends the daemon and its socket, and start brings both back',
    run: async () => {
      well(drover('daemon', 'stop'));
      assert.equal(property('ActiveState', socketUnit), 'inactive');
      assert.equal(lstatSync(socketPath, { throwIfNoEntry: false }), undefined);
      assert.equal(drover('status').code, 3);
      well(drover('daemon', 'start'));
      assert.equal(await get('/readyz'), 200);
      uninstall();
    },
  },
  {
    name: 'a bad configuration with a client waiting is tried a bounded number of times, and what doctor names mends it',
    run: async () => {
      install([], '--socket-activation');
      well(drover('daemon', 'stop'));
      const before = attempts();
      mkdirSync(dirname(configFile), { recursive: true });
      writeFileSync(configFile, 'no_such_key = 1\n');
      well(systemctl('start', socketUnit));
      await assert.rejects(get('/healthz'));
      await until('the socket to give up', () => property('ActiveState', socketUnit) === 'failed');
      const tried = attempts() - before;
      assert.ok(tried > 0 && tried <= 8, `${tried} attempts`);
      const { out } = drover('doctor');
      assert.match(out, /unknown key 'no_such_key'/);
      assert.match(out, /mend: .*drover daemon restart/);
      assert.doesNotMatch(out, /at the first connection/);

      rmSync(configFile);
      well(drover('daemon', 'restart'));
      assert.equal(property('ActiveState', socketUnit), 'active');
      assert.equal(await get('/readyz'), 200);
      uninstall();
    },
  },
]);

/** How often systemd has started the daemon so far. */
function attempts(): number {
  return journal().filter(({ MESSAGE }) => MESSAGE?.startsWith('Starting ')).length;
}
