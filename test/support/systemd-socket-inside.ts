/** What `test/systemd/socket-activation.test.ts` runs inside the throw-away system: the daemon on its manager's socket. */
import assert from 'node:assert/strict';
import { lstatSync } from 'node:fs';
import {
  finishWell,
  get,
  install,
  json,
  killMain,
  mainPid,
  property,
  runCases,
  socketPath,
  socketUnit,
  startRun,
  systemctl,
  unit,
  untilBack,
  well,
} from './unit-world.ts';

const rounds = 5;

await runCases([
  {
    name: 'a connection starts the daemon, on a socket that is as private as its own',
    run: async () => {
      install([], '--socket-activation');
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
]);
