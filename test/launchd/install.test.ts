import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { version } from '../../src/contract/index.ts';
import { serviceManager } from '../../src/service/index.ts';
import { hurriedClock, type Mac, startMac } from '../support/launchd-mac.ts';

const label = 'dev.drover.daemon';
const target = `gui/501/${label}`;
t.setTimeout(240_000);

type Test = { readonly teardown: (work: () => Promise<void>) => unknown };

async function mac(t: Test, ...changes: Parameters<typeof startMac>): Promise<Mac> {
  const made = await startMac(...changes);
  t.teardown(() => made.close());
  return made;
}

/** The calls that change something, in order. */
const orders = ({ launchd }: Mac) => launchd.calls.filter((call) => !call.startsWith('print'));
const forget = ({ launchd }: Mac) => launchd.calls.splice(0);

t.test('a first installation writes, enables, loads, and waits for the daemon’s own answer', async (t) => {
  const here = await mac(t, { isOnPath: true });
  const { world, launchd, install, file, manager } = here;

  const steps = await install();

  const status = await world.status();
  t.same(steps, [`wrote ${file()}`, `loaded ${label} in gui/501: pid ${status.pid}, ${world.socket}`]);
  t.equal(status.pid, launchd.pidOf(label), 'the daemon is the one that launchd started');
  t.equal(status.service, `launchd:${label}`);
  t.equal(statSync(file()).mode & 0o777, 0o644);
  t.same(orders(here), [`enable ${target}`, `bootstrap gui/501 ${file()}`], 'enabled before it is loaded');
  t.match(await (await manager()).inspect('default'), {
    manager: 'launchd',
    unit: label,
    isEdited: false,
    isEnabled: true,
    state: 'active',
    pid: status.pid,
    spec: { node: process.execPath },
  });
});

t.test('again with nothing changed, there is nothing to do', async (t) => {
  const here = await mac(t);
  const { world, install } = here;
  await install();
  const { pid } = await world.status();
  forget(here);

  const steps = await install();

  t.same(steps, [`nothing to do: ${label} is installed as it should be`]);
  t.same(orders(here), []);
  t.equal((await world.status()).pid, pid);
});

t.test('an upgrade in place restarts the daemon, keeps its runs, and its label never leaves', async (t) => {
  const here = await mac(t);
  const { world, launchd, install, spec } = here;
  const program = join(world.root, 'dist/main.js');
  cpSync(dirname(world.program), dirname(program), { recursive: true });
  const inAllFiles = (from: string, to: string) => {
    for (const name of readdirSync(dirname(program)).filter((each) => /\.m?js$/.test(each))) {
      const path = join(dirname(program), name);
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll(from, to));
    }
  };
  inAllFiles(JSON.stringify(version), '"0.0.9"');
  await install({ spec: { ...spec(), program } });
  const { pid, version: old } = await world.status();
  t.equal(old, '0.0.9');
  const run = await world.start('sleep 60');
  await world.reach(run.id, 'running');
  inAllFiles('"0.0.9"', JSON.stringify(version));
  forget(here);

  const steps = await install({ spec: { ...spec(), program } });

  const after = await world.status();
  t.same(steps, [`restarted ${label} in gui/501: pid ${after.pid}, ${world.socket}`]);
  t.same(orders(here), [`kill SIGTERM ${target}`, `kickstart -k ${target}`]);
  t.not(after.pid, pid);
  t.equal(after.version, version);
  t.equal(after.pid, launchd.pidOf(label));
  t.equal((await world.show(run.id)).status, 'running', 'the run went on');
});

t.test('a daemon that is down, with nothing else changed, is kicked', async (t) => {
  const here = await mac(t);
  const { world, launchd, install, manager } = here;
  await install();
  await (await manager()).stop('default');
  forget(here);

  await install();

  t.same(orders(here), [`kickstart -k ${target}`]);
  t.equal((await world.status()).pid, launchd.pidOf(label));
});

t.test('a daemon that was started by hand gives way, and its runs go on', async (t) => {
  const { world, launchd, install } = await mac(t);
  await world.drover('daemon start');
  const { pid } = await world.status();
  const run = await world.start('sleep 60');
  await world.reach(run.id, 'running');

  const steps = await install();

  t.match(steps, [
    /^wrote/,
    `stopped the daemon that was started by hand (pid ${pid}); its runs go on`,
    /^loaded/,
  ]);
  t.equal((await world.status()).pid, launchd.pidOf(label));
  t.equal((await world.show(run.id)).status, 'running');
});

t.test('a changed agent is unloaded, awaited until its label is gone, and loaded', async (t) => {
  const here = await mac(t, { isOnPath: true });
  const { world, launchd, install, spec, file } = here;
  await install();
  const { pid } = await world.status();
  launchd.slowness = 4;
  forget(here);

  const steps = await install({ spec: { ...spec(), path: `${spec().path}:/opt/new` } });

  t.match(steps, [`rewrote ${file()}`, `took ${label} out of gui/501`, /^loaded/]);
  t.same(orders(here), [`bootout ${target}`, `enable ${target}`, `bootstrap gui/501 ${file()}`]);
  const looks = launchd.calls
    .slice(launchd.calls.indexOf(`bootout ${target}`))
    .filter((call) => call === `print ${target}`);
  t.ok(looks.length > 4, `${looks.length} looks`);
  t.not((await world.status()).pid, pid);
  t.match(readFileSync(file(), 'utf8'), ':/opt/new<');
});

t.test('a label that still leaves, by somebody else’s doing, is waited for', async (t) => {
  const { launchd, install, world, file } = await mac(t);
  await install();
  launchd.slowness = 3;
  await launchd.ask(['bootout', target]);
  launchd.fail('bootout', 36);

  await install();

  t.equal((await world.status()).pid, launchd.pidOf(label));
  t.ok(existsSync(file()));
});

t.test(
  'a daemon that answers still, but has been told to end, is not taken for the one that stays',
  async (t) => {
    const { launchd, install, world } = await mac(t);
    await install();
    const { pid: leaving } = await world.status();
    launchd.signalDelayMs = 2000;
    await launchd.ask(['bootout', target]);

    const steps = await install();

    t.notMatch(steps.join('\n'), /nothing to do/);
    const { pid } = await world.status();
    t.equal(pid, launchd.pidOf(label));
    t.not(pid, leaving);
  },
);

t.test('a label that was disabled before is enabled', async (t) => {
  const { launchd, install, world, manager } = await mac(t);
  launchd.disabled.add(label);

  await install();

  t.notOk(launchd.disabled.has(label));
  t.equal((await world.status()).pid, launchd.pidOf(label));
  launchd.disabled.add(label);
  t.match(await (await manager()).inspect('default'), { isEnabled: false });
});

t.test('where the screen has nobody, the agent lives in the user’s own domain', async (t) => {
  const { launchd, install, world, file, manager } = await mac(t);
  launchd.domains.delete('gui/501');

  await install();

  t.same(launchd.loaded(), [`user/501/${label}`]);
  t.match(readFileSync(file(), 'utf8'), /<key>LimitLoadToSessionType<\/key>/);
  t.equal((await world.status()).pid, launchd.pidOf(label));
  t.match(await (await manager()).inspect('default'), { state: 'active' });

  launchd.domains.add('gui/501');
  await install();

  t.same(launchd.loaded(), [target], 'and moves when somebody logs in: two daemons would fight');
  t.notMatch(readFileSync(file(), 'utf8'), /LimitLoadToSessionType/);
});

t.test('with no domain at all, nothing is done', async (t) => {
  const { launchd, install, file } = await mac(t);
  launchd.domains.clear();

  await t.rejects(install(), { code: 'service_unavailable', message: /no domain for uid 501.*112/ });
  t.notOk(existsSync(file()));
});

t.test(
  'a domain that goes away after the first look is an error, not a second daemon elsewhere',
  async (t) => {
    const { launchd, install, file } = await mac(t);
    launchd.fail('bootstrap', 125);

    await t.rejects(install(), { code: 'service_failed', message: /bootstrap gui\/501 .*exit code 125/ });
    t.same(launchd.loaded(), []);
    t.notOk(existsSync(file()), 'undone');
  },
);

t.test('EIO twice, then it works', async (t) => {
  const here = await mac(t, { isOnPath: true });
  const { launchd, install, world } = here;
  launchd.fail('bootstrap', 5, 2);
  launchd.fail('bootstrap', 37, 1);

  await install();

  t.equal(orders(here).filter((call) => call.startsWith('bootstrap')).length, 4);
  t.equal((await world.status()).pid, launchd.pidOf(label));
});

t.test('EIO for ever ends, says so, and takes everything back', async (t) => {
  const here = await mac(t, { clock: hurriedClock() });
  const { launchd, file, spec } = here;
  launchd.disabled.add(label);
  launchd.fail('bootstrap', 5, 10_000);
  const manager = await here.manager();
  const steps: string[] = [];
  const options = { start: true, linger: false, replaceEdited: false };

  await t.rejects(
    manager.install(spec(), options, (step) => steps.push(step)),
    {
      code: 'service_failed',
      message: /bootstrap gui\/501 .*Input\/output error \(exit code 5\)/,
      hint: /can be written by others/,
    },
  );

  t.notOk(existsSync(file()));
  t.ok(launchd.disabled.has(label), 'disabled, as it was');
  t.same(steps, [`wrote ${file()}`, 'undone: the units are as they were before']);
  const tries = launchd.calls.filter((call) => call.startsWith('bootstrap')).length;
  t.ok(tries > 50 && tries < 200, `${tries} tries`);
});

t.test('a daemon that cannot start is not installed, and the reason is said', async (t) => {
  const { world, launchd, install, file } = await mac(t);
  world.configure('pol_interval_sec = 1\n');

  await t.rejects(install(), {
    code: 'service_failed',
    message: /did not start: .*pol_interval_sec/,
  });
  t.same(launchd.loaded(), []);
  t.notOk(existsSync(file()));
});

t.test('an upgrade that fails leaves the old agent loaded and its daemon up', async (t) => {
  const { world, launchd, install, file, spec, manager } = await mac(t);
  await install();
  const old = readFileSync(file(), 'utf8');
  const steps: string[] = [];
  const broken = { ...spec(), program: join(world.root, 'nowhere/main.js') };
  const options = { start: true, linger: false, replaceEdited: false };

  await t.rejects(
    (await manager()).install(broken, options, (step) => steps.push(step)),
    {
      code: 'service_failed',
    },
  );

  t.equal(readFileSync(file(), 'utf8'), old);
  t.same(launchd.loaded(), [target]);
  t.equal(steps.at(-1), 'undone: the units are as they were before');
  await (await manager()).start('default');
  t.equal((await world.status()).pid, launchd.pidOf(label));
});

t.test('a program that is not there is named by what launchd says of it', async (t) => {
  const { install, spec } = await mac(t);

  await t.rejects(install({ spec: { ...spec(), node: '/nowhere/node' } }), {
    code: 'service_failed',
    message: /could not start the program \(78\)/,
  });
});

t.test('--no-start writes and enables, and leaves the rest to the next login', async (t) => {
  const here = await mac(t);
  const { launchd, install, file } = here;

  const steps = await install({ start: false });

  t.match(steps, [`wrote ${file()}`, `enabled ${label} in gui/501: it starts at the next login`]);
  t.same(orders(here), [`enable ${target}`]);
  t.same(launchd.loaded(), []);
});

t.test('an agent that was edited by hand is kept and said, until told otherwise', async (t) => {
  const { install, file, manager } = await mac(t);
  await install();
  const edited = readFileSync(file(), 'utf8').replace('<integer>20</integer>', '<integer>25</integer>');
  writeFileSync(file(), edited);

  t.match(await (await manager()).inspect('default'), { isEdited: true });
  await t.rejects(install(), { code: 'service_edited', message: /was edited by hand/ });
  t.equal(readFileSync(file(), 'utf8'), edited);
  await install({ replaceEdited: true });
  t.match(readFileSync(file(), 'utf8'), '<integer>20</integer>');
});

t.test('a umask that lets others write does not make an agent that launchd refuses', async (t) => {
  const { install, file, world, launchd } = await mac(t);
  const before = process.umask(0o000);
  t.teardown(async () => void process.umask(before));

  await install();

  t.equal(statSync(file()).mode & 0o777, 0o644);
  t.equal(statSync(join(world.home, 'Library/LaunchAgents')).mode & 0o022, 0);
  t.equal((await world.status()).pid, launchd.pidOf(label));
  chmodSync(file(), 0o664);
  t.match((await install())[0], `rewrote ${file()}`);
  t.equal(statSync(file()).mode & 0o777, 0o644, 'nor does one that was opened later stay so');
});

t.test('a home that cannot be written to is said, and nothing is loaded', async (t) => {
  const { install, world, launchd } = await mac(t);
  writeFileSync(join(world.home, 'Library'), 'in the way');

  await t.rejects(install(), {
    code: 'service_failed',
    message: /LaunchAgents.*a file stands where a folder/,
  });
  t.same(launchd.loaded(), []);
});

t.test('where there is no launchctl, that is what is said', async (t) => {
  const { service } = await mac(t, { isOnPath: true });

  await t.rejects(serviceManager({ ...service, env: { PATH: '/nowhere' } }), {
    code: 'service_unavailable',
    message: /no launchctl/,
  });
});

t.test('socket activation is refused before anything is done', async (t) => {
  const { install, spec, file } = await mac(t);

  await t.rejects(install({ spec: { ...spec(), socketActivation: true } }), {
    code: 'usage',
    message: /needs systemd/,
  });
  t.notOk(existsSync(file()));
});
