import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AppError } from '../../src/contract/index.ts';
import { renderService } from '../../src/service/index.ts';
import { runCommand } from '../support/run-command.ts';
import { aSpec } from '../support/service.ts';

/** A home with an installed unit, and a `systemctl` that writes down its orders and plays a manager in that state. */
function aHome(t: Test, state: { active: string; socket?: boolean; version?: string }) {
  const home = mkdtempSync(join(tmpdir(), 'drover-kept-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const bin = join(home, 'bin');
  mkdirSync(bin);
  const env = { HOME: home, PATH: `${bin}:/usr/bin:/bin`, XDG_RUNTIME_DIR: join(home, 'run') };
  const socket = join(home, 'run', 'drover', 'drover.sock');
  const spec = aSpec({ home, socket, socketActivation: state.socket === true });
  const files = renderService('systemd', spec, { platform: 'linux', env, home });
  for (const { path, text } of files) {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }
  const log = join(home, 'orders');
  writeFileSync(log, '');
  const script = `#!/bin/sh
shift
case "$*" in
*--property=Version*) echo ${state.version ?? '252'} ;;
show*) printf 'LoadState=loaded\\nActiveState=${state.active}\\nUnitFileState=enabled\\nResult=exit-code\\nExecMainStatus=2\\nMainPID=0\\n' ;;
start*) echo "$*" >>'${log}'; exit 1 ;;
*) echo "$*" >>'${log}' ;;
esac
`;
  writeFileSync(join(bin, 'systemctl'), script);
  chmodSync(join(bin, 'systemctl'), 0o755);
  const say = (line: string, world = {}) => runCommand(line.split(' '), { env, world });
  return { home, env, say, orders: () => readFileSync(log, 'utf8') };
}

const skip = process.platform === 'linux' ? false : 'needs Linux: the units are those of systemd';

void t.test('status says what the unit does, and where to look', { skip }, async (t) => {
  const { say } = aHome(t, { active: 'failed' });

  const text = await say('status');
  const json = await say('status --json');

  t.equal(text.code, 3);
  t.equal(text.out, 'daemon not running\n');
  t.match(text.err, 'drover.service is failed: the daemon ended with exit code 2\n');
  t.match(text.err, 'journalctl --user -u drover.service -n 30');
  t.same(JSON.parse(json.out), {
    running: false,
    service: {
      manager: 'systemd',
      unit: 'drover.service',
      state: 'failed',
      reason: 'the daemon ended with exit code 2',
      is_enabled: true,
    },
  });
});

void t.test('a start that fails gives the reason that the daemon itself would give', { skip }, async (t) => {
  const { say, orders } = aHome(t, { active: 'failed' });
  const checkDaemon = async () => {
    throw new AppError('config_invalid', 'line 3: no key pol');
  };

  const explained = await say('daemon start', { checkDaemon });
  const unexplained = await say('daemon start');

  t.equal(explained.code, 2);
  t.match(explained.err, 'line 3: no key pol');
  t.equal(unexplained.code, 1);
  t.match(unexplained.err, /drover\.service did not start: the daemon ended with exit code 2/);
  t.match(orders(), 'reset-failed drover.service\nstart drover.service\n');
});

void t.test('options that the unit decides are refused, and nothing is ordered', { skip }, async (t) => {
  const { say, orders } = aHome(t, { active: 'inactive' });

  for (const line of ['daemon start --addr 127.0.0.1:7777', 'daemon restart --config c.toml']) {
    const said = await say(line);
    t.equal(said.code, 2, line);
    t.match(said.err, /drover\.service keeps this daemon and decides --(addr|config)/);
  }
  t.equal(orders(), '');
});

void t.test(
  'a restart with a configuration that the daemon would refuse changes nothing',
  { skip },
  async (t) => {
    const { say, orders } = aHome(t, { active: 'active' });
    const checkDaemon = async () => {
      throw new AppError('config_invalid', 'line 3: no key pol');
    };

    const said = await say('daemon restart', { checkDaemon });

    t.equal(said.code, 2);
    t.equal(orders(), '');
  },
);

void t.test(
  'a daemon that sleeps behind its socket is not woken by asking, and stop ends both',
  { skip },
  async (t) => {
    const { say, orders } = aHome(t, { active: 'inactive', socket: true });

    const status = await say('status');
    const stopped = await say('stop');

    t.equal(status.code, 3);
    t.match(status.err, 'its socket listens: whoever connects starts it');
    t.equal(stopped.code, 3);
    t.equal(orders(), 'stop drover.socket drover.service\n');
  },
);

void t.test(
  'another state root, another socket and a call from inside a run do not mean the unit',
  { skip },
  async (t) => {
    const { say, home, env, orders } = aHome(t, { active: 'active' });

    for (const line of [
      `stop --state-root ${home}/other`,
      `stop --socket ${home}/other.sock`,
      'stop --profile work',
    ])
      t.equal((await say(line)).code, 3, line);
    const inRun = await runCommand(['stop'], { env: { ...env, DROVER_RUN_TOKEN: 'drt_x' } });

    t.equal(inRun.code, 3);
    t.equal(orders(), '');
  },
);

void t.test(
  'without a manager that answers the daemon is started without it, and that is said',
  { skip },
  async (t) => {
    const { say } = aHome(t, { active: 'inactive', version: '' });

    const said = await say('stop');

    t.equal(said.code, 3);
    t.match(said.err, /warning: drover\.service is installed, but this goes on without it: /);
  },
);

void t.test('a token is refused as an option, whatever the command', { skip }, async (t) => {
  const { say } = aHome(t, { active: 'inactive' });

  for (const verb of ['install-service', 'service-unit']) {
    const said = await say(`${verb} --http-admin-token canary`);
    t.equal(said.code, 2, verb);
    t.match(said.err, 'A unit file is no place for a token');
    t.notMatch(said.err, 'canary');
  }
});

void t.test('service-unit prints what would be written, for either manager', { skip }, async (t) => {
  const { say } = aHome(t, { active: 'inactive' });

  const one = await say(`service-unit --print --node ${process.execPath}`);
  const two = await say(`service-unit --node ${process.execPath} --socket-activation --profile work`);
  const mac = await say(`service-unit --node ${process.execPath} --manager launchd`);
  const json = await say(`service-unit --node ${process.execPath} --json`);
  const wrong = await say('service-unit --manager upstart');

  t.equal(one.code, 0, one.err);
  t.match(one.out, /^# The systemd user unit of drover\./);
  t.match(two.out, /^# .*\/drover-work\.service\n/);
  t.match(two.out, /\n# .*\/drover-work\.socket\n/);
  t.match(mac.out, '<string>dev.drover.daemon</string>');
  t.match(JSON.parse(json.out), { manager: 'systemd', files: [{ path: /drover\.service$/ }] });
  t.equal(wrong.code, 2);
});
