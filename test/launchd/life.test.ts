import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { maxLastWordsBytes } from '../../src/base/index.ts';
import { hasUnitFile } from '../../src/service/index.ts';
import { type Mac, type MacOptions, startMac } from '../support/launchd-mac.ts';
import { until } from '../support/until.ts';

const label = 'dev.drover.daemon';
const target = `gui/501/${label}`;
t.setTimeout(240_000);

type Test = { readonly teardown: (work: () => Promise<void>) => unknown };

async function installed(t: Test, options: MacOptions = {}): Promise<Mac> {
  const made = await startMac(options);
  t.teardown(() => made.close());
  await made.install();
  made.launchd.calls.splice(0);
  return made;
}

const orders = ({ launchd }: Mac) => launchd.calls.filter((call) => !call.startsWith('print'));

t.test('stop leaves the label loaded and the daemon down; start brings it back', async (t) => {
  const here = await installed(t);
  const { launchd, manager, world } = here;
  launchd.throttleMs = 0;
  const service = await manager();

  await service.stop('default');

  t.same(orders(here), [`kill SIGTERM ${target}`]);
  t.equal(launchd.pidOf(label), null, 'KeepAlive lets it be: it ended with 0');
  t.same(launchd.loaded(), [target]);
  t.match(await service.inspect('default'), { state: 'inactive', reason: null, pid: null });
  await service.stop('default');
  t.equal(orders(here).length, 1, 'a second stop has nothing to do');

  await service.start('default');

  t.same(orders(here).slice(1), [`kickstart ${target}`]);
  t.equal((await world.status()).pid, launchd.pidOf(label));
  await service.start('default');
  t.equal(orders(here).length, 2, 'a second start has nothing to do');
});

t.test('a daemon that no signal reaches is taken out, and loaded again at the next start', async (t) => {
  const here = await installed(t);
  const { launchd, manager, world } = here;
  const pid = launchd.pidOf(label) ?? 0;
  launchd.fail('kill', 64); // never delivered, so the daemon stays
  const service = await manager();
  const run = await world.start('sleep 60');
  await world.reach(run.id, 'running');

  await service.stop('default');

  t.match(orders(here), [`kill SIGTERM ${target}`, `bootout ${target}`]);
  t.same(launchd.loaded(), []);
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });

  await service.start('default');

  t.same(launchd.loaded(), [target]);
  t.equal((await world.show(run.id)).status, 'running', 'the run outlived the daemon');
});

t.test('a crash loop is ended by stop: launchd was about to start the next one', async (t) => {
  const { launchd, manager, world } = await installed(t);
  const service = await manager();
  process.kill((await world.status()).pid, 'SIGKILL');
  await until('launchd to wait with the next start', async () => {
    return (await launchd.ask(['print', target])).out.includes('state = spawn scheduled');
  });
  t.match(await service.inspect('default'), { state: 'activating', reason: /signal/ });

  await service.stop('default');

  t.same(launchd.loaded(), []);
  t.match(await service.inspect('default'), { state: 'inactive', reason: 'launchd has not loaded it' });
});

t.test('after kill -9 launchd starts the daemon again, and its runs go on', async (t) => {
  const { launchd, world } = await installed(t);
  launchd.throttleMs = 0;
  const run = await world.start('sleep 60');
  await world.reach(run.id, 'running');
  const { pid } = await world.status();

  process.kill(pid, 'SIGKILL');

  const status = await until('the next daemon', async () => {
    const found = await world.status().catch(() => null);
    return found !== null && found.pid !== pid && found.ready ? found : null;
  });
  t.equal(status.pid, launchd.pidOf(label));
  t.equal(launchd.runsOf(label), 2);
  t.equal((await world.show(run.id)).status, 'running');
});

t.test('a restart never unloads the label and keeps runs alive', async (t) => {
  const here = await installed(t);
  const { world, manager, launchd } = here;
  const run = await world.start('sleep 60');
  await world.reach(run.id, 'running');
  const { pid } = await world.status();

  await (await manager()).restart('default');

  t.same(orders(here), [`kill SIGTERM ${target}`, `kickstart -k ${target}`]);
  t.not((await world.status()).pid, pid);
  t.equal((await world.status()).pid, launchd.pidOf(label));
  t.equal((await world.show(run.id)).status, 'running');
});

t.test('a restart of a label that is leaving waits, and loads it', async (t) => {
  const { launchd, manager, world } = await installed(t);
  launchd.slowness = 3;
  await launchd.ask(['bootout', target]);

  await (await manager()).restart('default');

  t.same(launchd.loaded(), [target]);
  t.equal((await world.status()).pid, launchd.pidOf(label));
});

t.test('a Node.js that was replaced in place is run again once the label is loaded anew', async (t) => {
  const here = await installed(t);
  const { launchd, manager, world } = here;
  launchd.replaced.add(label);

  await (await manager()).restart('default');

  const [, kick, out] = orders(here);
  t.same([kick, out], [`kickstart -k ${target}`, `bootout ${target}`]);
  t.equal((await world.status()).pid, launchd.pidOf(label));
});

t.test('a start of a disabled label enables it', async (t) => {
  const { launchd, manager, world } = await installed(t);
  const service = await manager();
  await service.stop('default');
  launchd.disabled.add(label);

  await service.start('default');

  t.notOk(launchd.disabled.has(label));
  t.equal((await world.status()).pid, launchd.pidOf(label));
});

t.test('a bad configuration makes no storm of starts, and the reason is kept', async (t) => {
  const { launchd, manager, world, stateRoot } = await installed(t);
  launchd.throttleMs = 0;
  const service = await manager();
  world.configure('pol_interval_sec = 1\n');

  await t.rejects(service.restart('default'), { code: 'service_failed', message: /pol_interval_sec/ });

  t.equal(launchd.runsOf(label), 2, 'started once, and let be');
  t.match(await service.inspect('default'), { state: 'failed', reason: /pol_interval_sec/, pid: null });
  t.match(
    readFileSync(join(stateRoot(), 'logs/daemon.stderr'), 'utf8'),
    /exit code 2 is told to launchd as 0/,
  );

  world.configure('poll_interval_sec = 1\n');
  await service.start('default');
  t.match(await service.inspect('default'), { state: 'active', reason: null });
});

t.test('another daemon on the same state is told apart from launchd’s own', async (t) => {
  const { launchd, manager, world } = await installed(t);
  launchd.throttleMs = 0;
  const service = await manager();
  await service.stop('default');
  await world.drover('daemon start');

  await t.rejects(service.start('default'), { code: 'service_failed', message: /already|another/i });

  t.equal(launchd.pidOf(label), null);
  t.ok((await world.status()).ready, 'the other one serves on');
});

t.test('two profiles have two agents that know nothing of each other', async (t) => {
  const { launchd, install, manager, spec, file, world } = await installed(t, { isOnPath: true });

  await install({ spec: spec('work') });

  t.same(launchd.loaded(), [target, `${target}.work`]);
  const service = await manager();
  const [first, second] = [await service.inspect('default'), await service.inspect('work')];
  t.match(second, {
    unit: `${label}.work`,
    state: 'active',
    spec: { args: [/^--profile=work$/, /^--socket=/] },
  });
  t.not(first?.pid, second?.pid);

  await service.stop('work');
  t.match(await service.inspect('default'), { state: 'active', pid: (await world.status()).pid });
  t.ok(await service.uninstall('default', { removeEdited: false }, () => {}));
  t.ok(existsSync(file('work')));
  t.same(launchd.loaded(), [`${target}.work`]);
});

t.test('uninstall leaves no label and no file; a second one finds nothing', async (t) => {
  const { launchd, manager, file, service: machine } = await installed(t);
  launchd.slowness = 3;
  const service = await manager();
  const steps: string[] = [];

  t.equal(await service.uninstall('default', { removeEdited: false }, (step) => steps.push(step)), true);

  t.same(steps, [`stopped ${label} and took it out of gui/501; runs go on`, `removed ${file()}`]);
  t.same(launchd.loaded(), []);
  t.notOk(hasUnitFile('default', machine));
  t.equal(await service.inspect('default'), null);
  t.equal(await service.uninstall('default', { removeEdited: false }, (step) => steps.push(step)), false);
  t.equal(steps.length, 2);
});

t.test('uninstall keeps an agent that was edited, and its daemon, until told otherwise', async (t) => {
  const { launchd, manager, file } = await installed(t);
  writeFileSync(file(), readFileSync(file(), 'utf8').replace('Interactive', 'Background'));
  const service = await manager();

  await t.rejects(
    service.uninstall('default', { removeEdited: false }, () => {}),
    { code: 'service_edited' },
  );
  t.same(launchd.loaded(), [target]);
  t.equal(await service.uninstall('default', { removeEdited: true }, () => {}), true);
  t.notOk(existsSync(file()));
});

t.test('the error file of launchd holds no log, and is cut when it has grown', async (t) => {
  const { manager, stateRoot, world } = await installed(t);
  const service = await manager();
  const file = join(stateRoot(), 'logs/daemon.stderr');
  t.match(readFileSync(file, 'utf8'), /^── .* starts, pid \d+\n$/, 'one line a start');
  t.equal(statSync(file).mode & 0o777, 0o600);
  await service.stop('default');
  writeFileSync(file, `${'an old trace\n'.repeat(maxLastWordsBytes / 10)}the last line before\n`);

  await service.start('default');

  const text = readFileSync(file, 'utf8');
  t.ok(text.length < maxLastWordsBytes / 2, `${text.length} bytes`);
  t.match(text, /the last line before\n── .*starts, pid \d+\n$/);
  t.equal((await world.status()).ready, true);
});
