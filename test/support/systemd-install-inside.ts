/**
 * What `test/systemd/install.test.ts` runs inside the throw-away system, as TAP without any test library: the service
 * from its installation to its end, under a real user manager. Its arguments are the bundle's entry and a folder that the
 * user may write.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { refusals } from './install-refusals.ts';
import {
  assertCounted,
  daemonPid,
  drover,
  good,
  install,
  json,
  main,
  mainPid,
  quietly,
  show,
  startCounting,
  stateRoot,
  systemctl,
  unitFile,
  units,
  writeConfig,
} from './service-inside.ts';
import { type TapCase, tapCases } from './tap-cases.ts';
import { until } from './until.ts';

const cases: readonly TapCase[] = [
  {
    name: 'an installation takes over from a daemon that was started by hand, is enabled, active and clean',
    run: async () => {
      good(['daemon', 'start'], {
        DROVER_HTTP_ADMIN_TOKEN: undefined,
        DROVER_TOKEN: undefined,
        ANTHROPIC_API_KEY: undefined,
      });
      const byHand = daemonPid();
      const id = startCounting(60);
      const said = good(install());

      for (const step of [
        /wrote .*drover\.service/,
        /enabled drover\.service/,
        /stopped the daemon that was started by hand/,
        /started drover\.service: pid \d+/,
        /lingering/,
      ])
        assert.match(said.stderr, step);
      assert.equal(said.stdout, 'drover.service is active\n');
      assert.notEqual(daemonPid(), byHand);
      assert.equal(daemonPid(), mainPid());
      assert.equal(systemctl('is-enabled', 'drover.service').text, 'enabled');
      assert.equal(show('Type'), 'notify');
      execFileSync('systemd-analyze', ['--user', 'verify', '--recursive-errors=yes', unitFile], {
        stdio: 'inherit',
      });
      assertCounted(id, 60);
    },
  },
  {
    name: 'a second call finds nothing to do',
    run: async () => {
      const before = [mainPid(), statSync(unitFile).mtimeMs, readFileSync(unitFile, 'utf8')];
      const said = good(install());
      assert.match(said.stderr, /nothing to do: drover\.service is installed as it should be/);
      assert.deepEqual([mainPid(), statSync(unitFile).mtimeMs, readFileSync(unitFile, 'utf8')], before);
    },
  },
  {
    name: 'start, stop, restart and status agree with the manager',
    run: async () => {
      const first = mainPid();
      assert.match(good(['daemon', 'start']).stdout, new RegExp(`is running already: pid ${first},`));
      const refused = drover(['daemon', 'start', '--addr', '127.0.0.1:7777']);
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, /drover\.service keeps this daemon and decides --addr/);

      assert.match(good(['daemon', 'restart']).stdout, /daemon started: pid \d+/);
      assert.notEqual(mainPid(), first);
      const second = mainPid();
      assert.match(good(['stop']).stdout, new RegExp(`daemon stopped: pid ${second}`));
      assert.equal(show('ActiveState'), 'inactive');

      const status = drover(['status']);
      assert.deepEqual([status.code, status.stdout], [3, 'daemon not running\n']);
      assert.match(status.stderr, /drover\.service is inactive\n/);
      assert.match(status.stderr, /journalctl --user -u drover\.service/);
      assert.equal(drover(['stop']).code, 3);
      assert.match(good(['daemon', 'start']).stdout, /daemon started: pid \d+/);
      assert.equal(daemonPid(), mainPid());
      const other = mkdtempSync(join(tmpdir(), 'state-'));
      good(['daemon', 'start', '--state-root', other, '--socket', join(other, 'd.sock')]);
      assert.equal(
        systemctl('list-units', '--plain', '--no-legend', 'drover*.service').text.split('\n').length,
        1,
      );
      good(['stop', '--state-root', other]);
      assert.equal(show('ActiveState'), 'active', 'another state root is not the unit’s');
    },
  },
  {
    name: 'an update in place restarts the daemon under a live run, which loses nothing',
    run: async () => {
      const copy = mkdtempSync(join(tmpdir(), 'new-'));
      cpSync(dirname(main), copy, { recursive: true });
      const program = join(copy, 'main.js');
      const before = mainPid();
      const id = startCounting(80);
      await until('some output', () => good(['runs', 'logs', id]).stdout.includes('line 3'));

      const said = good(install(), {}, program);

      assert.match(said.stderr, /rewrote .*drover\.service/);
      assert.match(said.stderr, /restarted drover\.service: pid \d+/);
      assert.notEqual(mainPid(), before);
      assert.ok(quietly(`/proc/${mainPid()}/cmdline`).includes(program));
      assertCounted(id, 80);
      good(install());
      assert.ok(quietly(`/proc/${mainPid()}/cmdline`).includes(main));
    },
  },
  {
    name: 'a bad configuration installs nothing, is refused by a reload and a restart, and starts no storm at boot',
    run: async () => {
      writeConfig('poll_interval_sec = "often"\n');
      const before = [mainPid(), readFileSync(unitFile, 'utf8')];
      for (const args of [install('--addr', '127.0.0.1:7777'), ['daemon', 'restart']]) {
        const said = drover(args);
        assert.equal(said.code, 2, said.stderr);
        assert.match(said.stderr, /daemon\.toml/);
      }
      assert.deepEqual([mainPid(), readFileSync(unitFile, 'utf8')], before);
      assert.notEqual(systemctl('reload', 'drover.service').code, 0);
      assert.equal(mainPid(), before[0], 'a reload that is refused changes nothing');

      systemctl('restart', 'drover.service');
      await until('the failure', () => show('ActiveState') === 'failed');
      assert.deepEqual([show('NRestarts'), show('ExecMainStatus'), show('Result')], ['0', '2', 'exit-code']);
      const status = drover(['status']);
      assert.equal(status.code, 3);
      assert.match(status.stderr, /drover\.service is failed: the daemon ended with exit code 2/);
      const start = drover(['daemon', 'start']);
      assert.equal(start.code, 2, start.stderr);
      assert.match(start.stderr, /poll_interval_sec/);

      writeConfig('[auth]\nmode = "none"\n');
      good(['daemon', 'start']);
      assert.equal(systemctl('reload', 'drover.service').code, 0);
    },
  },
  {
    name: 'a daemon that dies at every start is given up, and a person’s start begins anew',
    run: async () => {
      const dropIn = join(units, 'drover.service.d');
      mkdirSync(dropIn);
      writeFileSync(join(dropIn, 'broken.conf'), '[Service]\nExecStart=\nExecStart=/bin/false\n');
      systemctl('daemon-reload');
      systemctl('restart', 'drover.service');
      await until(
        'the end of the tries',
        () => /start-limit-hit|exit-code/.test(show('Result')) && show('ActiveState') === 'failed',
      );
      assert.ok(Number(show('NRestarts')) <= 8, `${show('NRestarts')} restarts`);
      assert.match(drover(['status']).stderr, /drover\.service is failed: /);
      assert.equal(drover(['daemon', 'start']).code, 1);

      rmSync(dropIn, { recursive: true });
      systemctl('daemon-reload');
      good(['daemon', 'start']);
    },
  },
  {
    name: 'a service that cannot start is undone, and the one before runs on as it was',
    run: async () => {
      const text = readFileSync(unitFile, 'utf8');
      const blocker = createServer().listen(0, '127.0.0.1');
      await until('the listener', () => blocker.listening);
      const address = blocker.address();
      const port = typeof address === 'object' ? address?.port : 0;

      const said = drover(install('--addr', `127.0.0.1:${port}`));

      blocker.close();
      assert.equal(said.code, 1, said.stderr);
      assert.match(said.stderr, /drover\.service did not start: the daemon ended with exit code 6/);
      assert.match(said.stderr, /undone: the units are as they were before/);
      assert.equal(readFileSync(unitFile, 'utf8'), text);
      assert.equal(systemctl('is-enabled', 'drover.service').text, 'enabled');
      assert.equal(daemonPid(), mainPid());
    },
  },
  {
    name: 'a unit that was edited by hand is kept and said; a drop-in is nobody’s business',
    run: async () => {
      const text = readFileSync(unitFile, 'utf8');
      writeFileSync(unitFile, text.replace('WatchdogSec=30', 'WatchdogSec=60'));
      const edited = readFileSync(unitFile, 'utf8');
      for (const args of [install(), install('--addr', '127.0.0.1:7777'), ['uninstall-service']]) {
        const said = drover(args);
        assert.equal(said.code, 6, said.stderr);
        assert.match(said.stderr, /was edited by hand, and was left as it is/);
      }
      assert.equal(readFileSync(unitFile, 'utf8'), edited);
      good(install('--replace'));
      assert.equal(readFileSync(unitFile, 'utf8'), text);

      const dropIn = join(units, 'drover.service.d', 'mine.conf');
      mkdirSync(dirname(dropIn));
      writeFileSync(dropIn, '[Service]\nNice=1\n');
      systemctl('daemon-reload');
      assert.match(good(install()).stderr, /nothing to do/);
      assert.equal(show('Nice'), '1');
      rmSync(dirname(dropIn), { recursive: true });
      systemctl('daemon-reload');
    },
  },
  {
    name: 'a second profile has a unit, a daemon and a life of its own',
    run: async () => {
      const first = mainPid();
      const hint =
        /hint: what it says: .*drover-work\.service -n 30; what it does: drover status --profile work\n/;
      assert.match(good(install(), { DROVER_PROFILE: 'work' }).stderr, hint);
      const second = mainPid('drover-work.service');
      assert.ok(first > 1 && second > 1 && first !== second);
      assert.equal(json(['status', '--profile', 'work']).pid, second);
      assert.equal(daemonPid(), first);
      good(['daemon', 'restart', '--profile', 'work']);
      assert.equal(mainPid(), first);
      good(['stop', '--profile', 'work']);
      assert.equal(daemonPid(), first);
      good(['uninstall-service', '--profile', 'work']);
      assert.ok(!existsSync(join(units, 'drover-work.service')));
      assert.equal(daemonPid(), first);
    },
  },
  {
    name: 'a Node.js that is gone is told as that, with what mends it, and the options of the unit stay',
    run: async () => {
      const node = join(homedir(), 'old-node', 'node');
      mkdirSync(dirname(node));
      cpSync(process.execPath, node);
      const others = ['--profile', 'aged', '--socket-activation', '--no-linger'];
      good(['install-service', '--node', node, ...others]);
      rmSync(dirname(node), { recursive: true });

      const refused = drover(['daemon', 'restart', '--profile', 'aged']);

      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /could not run the program of the unit \(exit code 203\)/);
      assert.match(refused.stderr, /hint: .*drover doctor --profile aged\n/);
      const { findings } = JSON.parse(drover(['doctor', '--profile', 'aged', '--json']).stdout);
      const gone = findings.find(({ check }: { check: string }) => check === 'node.unit');
      assert.equal(gone.command, 'drover install-service --profile=aged --socket-activation');
      good([...gone.command.split(' ').slice(1), '--node', process.execPath]);
      assert.equal(systemctl('is-active', 'drover-aged.socket').text, 'active');
      assert.ok(mainPid('drover-aged.service') > 1);
      good(['uninstall-service', '--profile', 'aged']);
    },
  },
  ...refusals,
  {
    name: 'with a socket of the manager’s, asking for the status wakes nobody, a call does, and stop ends both',
    run: async () => {
      good(install('--socket-activation'));
      assert.equal(systemctl('is-active', 'drover.socket').text, 'active');
      assert.equal(daemonPid(), mainPid());
      systemctl('stop', 'drover.service');
      const status = drover(['status']);
      assert.equal(status.code, 3);
      assert.match(status.stderr, /its socket listens: whoever connects starts it/);
      assert.equal(drover(['--json', 'status']).code, 3);
      assert.equal(show('ActiveState'), 'inactive');

      good(['runs', 'list']);
      // The daemon answers a moment before the manager has read that it is ready.
      await until('the manager to call it active', () => show('ActiveState') === 'active');
      good(['stop']);
      assert.deepEqual([show('ActiveState'), show('ActiveState', 'drover.socket')], ['inactive', 'inactive']);
      assert.equal(drover(['runs', 'list']).code, 3, 'nobody listens any more');
      good(['daemon', 'start']);
      assert.equal(systemctl('is-active', 'drover.socket').text, 'active');
      assert.match(good(install()).stderr, /removed .*drover\.socket/);
      assert.equal(daemonPid(), mainPid());
      good(install('--socket-activation'));
    },
  },
  {
    name: 'uninstalling leaves nothing but the state, and a masked unit is left alone',
    run: async () => {
      const said = good(['uninstall-service']);
      assert.match(said.stderr, /stopped drover\.service and drover\.socket; runs go on/);
      assert.equal(drover(['status']).code, 3);
      const left = execFileSync('find', [join(homedir(), '.config'), '-name', '*drover*.s*'], {
        encoding: 'utf8',
      });
      assert.equal(left, '');
      assert.equal(systemctl('list-units', '--all', '--plain', '--no-legend', 'drover*').text, '');
      assert.equal(systemctl('list-unit-files', '--plain', '--no-legend', 'drover*').text, '');
      assert.ok(!existsSync(join(process.env.XDG_RUNTIME_DIR ?? '', 'drover/drover.sock')));
      assert.ok(existsSync(join(stateRoot, 'drover.db')));
      assert.match(good(['uninstall-service']).stdout, /nothing to do: drover\.service is not installed/);

      mkdirSync(units, { recursive: true });
      symlinkSync('/dev/null', unitFile);
      const masked = drover(install());
      assert.equal(masked.code, 6, masked.stderr);
      assert.match(masked.stderr, /is a link to \/dev\/null/);
      assert.ok(lstatSync(unitFile).isSymbolicLink());
      rmSync(unitFile);
    },
  },
];

const only = new RegExp(process.argv[3] ?? '');
const chosen = cases.filter(({ name }) => only.test(name));
await tapCases(chosen);
drover(['uninstall-service', '--force']);
drover(['stop']);
