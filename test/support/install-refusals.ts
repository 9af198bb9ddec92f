/** What an installation refuses inside the throw-away system, told before anything is done. See systemd-install-inside.ts. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  assertCounted,
  canaries,
  canary,
  drover,
  good,
  install,
  mainPid,
  quietly,
  startCounting,
  unitFile,
  units,
  writeConfig,
} from './service-inside.ts';
import type { TapCase } from './tap-cases.ts';
import { until } from './until.ts';

/** In their order: each leaves things as it found them. */
export const refusals: readonly TapCase[] = [
  {
    name: 'a home that may not be written is told before anything is done',
    run: async () => {
      const before = readdirSync(units);
      chmodSync(units, 0o500);

      const said = drover(install('--profile', 'shut'));

      chmodSync(units, 0o700);
      assert.equal(said.code, 1);
      assert.match(said.stderr, /^error: Cannot .*EACCES.*\nhint: .+\n$/m);
      assert.deepEqual(readdirSync(units), before);
    },
  },
  {
    name: 'a credential in the environment of the person gets nowhere, and one in an option is refused',
    run: async () => {
      assert.equal(drover(install('--http-admin-token', canary)).code, 2);
      writeConfig('');
      const unguarded = drover(install('--addr', '127.0.0.1:7777'));
      assert.equal(unguarded.code, 2, 'a token of the environment would not be there at boot');
      assert.match(unguarded.stderr, /needs a token/);
      writeConfig('[auth]\nmode = "none"\n');
      good(install('--addr', '127.0.0.1:7777'));
      const id = startCounting(40);
      await until('some output', () => good(['runs', 'logs', id]).stdout.includes('line 1'));

      assert.match(quietly(`/proc/${mainPid()}/environ`), /PATH=/, 'the daemon’s environment can be read');
      assert.deepEqual(canaries(), []);

      assertCounted(id, 40);
    },
  },
  {
    name: 'without a manager, or with one that looks elsewhere, it is said and nothing is done',
    run: async () => {
      const before = mainPid();
      const text = readFileSync(unitFile, 'utf8');
      const elsewhere = mkdtempSync(join(tmpdir(), 'home-'));
      for (const [env, code, why] of [
        [
          { XDG_RUNTIME_DIR: '/nowhere' },
          1,
          /user manager of ust does not answer: there is no folder \/nowhere/,
        ],
        [{ PATH: '/nowhere' }, 1, /There is no systemd to register drover with: systemctl is not on PATH/],
        [{ HOME: elsewhere }, 1, /does not look for units in/],
        [{ XDG_RUNTIME_DIR: elsewhere }, 1, /user manager of ust does not answer/],
      ] as const) {
        const said = drover(install(), { DBUS_SESSION_BUS_ADDRESS: undefined, ...env });
        assert.equal(said.code, code, said.stderr);
        assert.match(said.stderr, why);
      }
      assert.deepEqual(readdirSync(elsewhere), []);
      chmodSync(units, 0o500);
      const readOnly = drover(install('--addr', '127.0.0.1:7777'));
      chmodSync(units, 0o700);
      assert.equal(readOnly.code, 1);
      assert.match(readOnly.stderr, /Cannot write in .*\/systemd\/user \(EACCES\)/);
      good(['status'], { XDG_RUNTIME_DIR: undefined, DBUS_SESSION_BUS_ADDRESS: undefined });
      assert.deepEqual([mainPid(), readFileSync(unitFile, 'utf8')], [before, text]);
      good(install('--addr', '127.0.0.1:7777'), {
        XDG_RUNTIME_DIR: undefined,
        DBUS_SESSION_BUS_ADDRESS: undefined,
      });
      good(install());
    },
  },
];
