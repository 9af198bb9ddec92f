import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type ServiceSpec, serviceManager } from '../../src/service/index.ts';
import { type FakeSystemd, fakeSystemd } from '../support/fake-systemd.ts';

const usual = { start: true, linger: true, replaceEdited: false };

async function install(
  fake: FakeSystemd,
  changes: Partial<ServiceSpec> = {},
  options = {},
): Promise<string[]> {
  const steps: string[] = [];
  const manager = await serviceManager(fake.world);
  await manager.install({ ...fake.spec, ...changes }, { ...usual, ...options }, (step) => steps.push(step));
  return steps;
}

async function uninstall(fake: FakeSystemd, options = { removeEdited: false }): Promise<[boolean, string[]]> {
  const steps: string[] = [];
  const manager = await serviceManager(fake.world);
  return [await manager.uninstall('default', options, (step) => steps.push(step)), steps];
}

t.test(
  'it writes, enables, starts and lets it linger, says each step, and finds nothing to do again',
  async (t) => {
    const fake = fakeSystemd(t);

    const first = await install(fake);
    const before = [...fake.orders];
    const second = await install(fake);

    t.match(first, [
      /^wrote .*drover\.service$/,
      /^enabled drover\.service/,
      /^started drover\.service: pid \d+/,
      /^enabled lingering/,
    ]);
    t.same(second, ['nothing to do: drover.service is installed as it should be']);
    t.same(fake.orders, before, 'not one order more');
    t.same(Object.keys(fake.files()), ['default.target.wants/drover.service', 'drover.service']);
    t.match(await (await serviceManager(fake.world)).inspect('default'), {
      unit: 'drover.service',
      isEdited: false,
      isEnabled: true,
      state: 'active',
      reason: null,
      pid: process.pid,
      lingers: true,
      spec: { node: fake.spec.node, program: fake.spec.program },
    });
  },
);

t.test('uninstalling leaves nothing, and a second time finds nothing', async (t) => {
  const fake = fakeSystemd(t);
  await install(fake, { socketActivation: true });

  const [isRemoved, steps] = await uninstall(fake);
  const again = await uninstall(fake);

  t.equal(isRemoved, true);
  t.match(steps, [
    /^stopped drover\.service and drover\.socket/,
    /^disabled/,
    /^removed/,
    /^removed/,
    /lingering stays/,
  ]);
  t.notOk(existsSync(join(fake.home, '.config', 'systemd')));
  t.notOk(fake.isActive('drover.service'));
  t.same(again, [false, []]);
});

t.test('other options or another program rewrite the unit and restart the daemon', async (t) => {
  const fake = fakeSystemd(t);
  await install(fake);
  fake.orders.length = 0;

  const steps = await install(fake, { args: ['--addr=127.0.0.1:7777'], program: '/opt/new/dist/main.js' });

  t.match(steps, [/^rewrote /, /^restarted drover\.service/]);
  t.match(
    fake.files()['drover.service'],
    '/opt/new/dist/main.js daemon start --foreground --addr=127.0.0.1:7777',
  );
  t.same(fake.orders, [
    'systemctl daemon-reload',
    'systemctl reset-failed drover.service',
    'systemctl stop drover.service',
    'systemctl start drover.service',
  ]);
});

t.test('the socket comes and goes with its option', async (t) => {
  const fake = fakeSystemd(t);
  await install(fake);

  const added = await install(fake, { socketActivation: true });
  t.ok(fake.isActive('drover.socket') && fake.isEnabled('drover.socket'));
  const removed = await install(fake);

  t.match(added, [/^rewrote /, /^wrote .*drover\.socket/, /^enabled drover\.socket/, /^restarted/]);
  t.match(removed, [/^removed .*drover\.socket/, /^rewrote /, /^(re)?started/]);
  t.notOk(fake.isActive('drover.socket') || fake.isEnabled('drover.socket'));
  t.ok(fake.isActive('drover.service'));
});

t.test('a daemon that was started by hand is stopped first', async (t) => {
  const fake = fakeSystemd(t);
  await fake.startByHand();

  const steps = await install(fake);

  t.match(steps[2], /^stopped the daemon that was started by hand \(pid \d+\); its runs go on$/);
  t.match(steps[3], /^started drover\.service/);
});

t.test('without a start it is only enabled, and a running daemon keeps what it has', async (t) => {
  const fake = fakeSystemd(t);

  await install(fake, {}, { start: false, linger: false });
  t.same(fake.orders, ['systemctl daemon-reload', 'systemctl enable drover.service']);
  await install(fake);
  fake.orders.length = 0;
  const steps = await install(fake, { path: '/other' }, { start: false });

  t.match(steps, [/^rewrote/, /keeps what it was started with until: drover daemon restart/]);
  t.same(fake.orders, ['systemctl daemon-reload']);
});

t.test('where lingering is not allowed that is said, with the command, and fails nothing', async (t) => {
  const fake = fakeSystemd(t);
  fake.lingering = 'forbidden';

  const steps = await install(fake);

  t.match(steps.at(-1), /^warning: lingering is off .* run: sudo loginctl enable-linger ada$/);
  t.equal(fake.orders.filter((order) => order.startsWith('loginctl')).length, 1);
  t.ok(fake.isActive('drover.service'));
});

t.test('a unit that somebody edited is kept and said, unless it is to be replaced', async (t) => {
  const fake = fakeSystemd(t);
  await install(fake);
  const path = join(fake.folder, 'drover.service');
  const edited = `${readFileSync(path, 'utf8')}# mine\n`;
  for (const [text, why] of [
    [edited, /was edited by hand, and was left as it is/],
    ['[Service]\nExecStart=/bin/true\n', /was not written by drover/],
  ] as const) {
    writeFileSync(path, text);
    fake.orders.length = 0;

    await t.rejects(install(fake, { path: '/other' }), { code: 'service_edited', exitCode: 6, message: why });
    await t.rejects(uninstall(fake), { code: 'service_edited', hint: /uninstall-service --force$/ });
    t.equal(readFileSync(path, 'utf8'), text);
    t.same(fake.orders, []);
  }

  t.match(await (await serviceManager(fake.world)).inspect('default'), { isEdited: true, spec: null });
  const steps = await install(fake, {}, { replaceEdited: true });
  t.match(steps[0], /^rewrote /);
  writeFileSync(path, edited);
  t.equal((await uninstall(fake, { removeEdited: true }))[0], true);
});

t.test('a link or a folder in its place is left alone, as for a unit that is masked', async (t) => {
  const fake = fakeSystemd(t);
  mkdirSync(fake.folder, { recursive: true });
  const path = join(fake.folder, 'drover.service');
  symlinkSync('/dev/null', path);

  await t.rejects(install(fake), { code: 'service_edited', message: /is a link to \/dev\/null/ });
  t.match(await (await serviceManager(fake.world)).inspect('default'), { isEdited: true, spec: null });
  t.same(fake.files(), { 'drover.service': '-> /dev/null' });
  await install(fake, {}, { replaceEdited: true });
  t.ok(fake.isActive('drover.service'));

  const other = fakeSystemd(t);
  mkdirSync(join(other.folder, 'drover.service'), { recursive: true });
  await t.rejects(install(other), { code: 'service_edited', message: /is not a file/ });
});

const orders = [
  'systemctl daemon-reload',
  'systemctl enable drover.service drover.socket',
  'systemctl start drover.socket drover.service',
];
for (const order of orders) {
  t.test(`when '${order}' fails, nothing is left of a first installation`, async (t) => {
    const fake = fakeSystemd(t);
    let refusals = 0;
    fake.refuse = (each) => (each === order && refusals++ === 0 ? 'Access denied' : null);

    await t.rejects(install(fake, { socketActivation: true }), {
      code: 'service_failed',
      message: /Access denied|did not start/,
    });

    t.equal(refusals > 0, true);
    t.notOk(existsSync(join(fake.home, '.config', 'systemd')), 'not even a folder');
    t.notOk(fake.isActive('drover.service') || fake.isActive('drover.socket'));
    t.equal(fake.lingering, 'off');
  });

  t.test(`when '${order}' fails in an update, the old service runs as before`, async (t) => {
    const fake = fakeSystemd(t);
    await install(fake);
    const before = fake.files();
    let refusals = 0;
    fake.refuse = (each) => {
      const isIt =
        each === order || each === order.replace(' drover.service drover.socket', ' drover.socket');
      return isIt && refusals++ === 0 ? 'Access denied' : null;
    };

    await t.rejects(install(fake, { socketActivation: true, path: '/other' }), { code: 'service_failed' });

    t.equal(refusals > 0, true);
    t.same(fake.files(), before);
    t.ok(fake.isActive('drover.service') && fake.isEnabled('drover.service'));
    t.notOk(fake.isActive('drover.socket') || fake.isEnabled('drover.socket'));
    t.same(await install(fake, {}), ['nothing to do: drover.service is installed as it should be']);
  });
}

t.test('a daemon that does not come up is told with what it said last, and undone', async (t) => {
  const fake = fakeSystemd(t);
  fake.daemon = 'exits';

  await t.rejects(install(fake), {
    code: 'service_failed',
    message: 'drover.service did not start: the daemon ended with exit code 2: line 3: no key pol',
    hint: 'see what it said: journalctl --user -u drover.service -n 30',
    fields: { exit_status: 2 },
  });
  t.notOk(existsSync(join(fake.home, '.config', 'systemd')));
});

t.test('a folder that cannot be written is said before anything is done', async (t) => {
  const fake = fakeSystemd(t);
  writeFileSync(join(fake.home, '.config'), 'a file where a folder should be');

  await t.rejects(install(fake), {
    code: 'service_failed',
    message: /a file stands where a folder should be/,
  });
  t.same(fake.orders, []);

  if (process.getuid?.() === 0) return; // root may write anywhere
  const other = fakeSystemd(t);
  mkdirSync(other.folder, { recursive: true });
  chmodSync(other.folder, 0o500);
  await t.rejects(install(other), { code: 'service_failed', message: /Cannot write in/ });
  chmodSync(other.folder, 0o700);
});

t.test('a manager that looks elsewhere is not given a unit that it would never read', async (t) => {
  const fake = fakeSystemd(t);
  fake.unitPath = '/home/user/.config/systemd/user';

  await t.rejects(install(fake), { code: 'service_failed', message: /does not look for units in/ });
  t.notOk(existsSync(join(fake.home, '.config')));
});

t.test('an installation waits for another one, whose work it then finds done', async (t) => {
  const fake = fakeSystemd(t);

  const [first, second] = await Promise.all([install(fake), install(fake)]);

  const said = [first, second].map((steps) => steps.filter((step) => /^(wrote|started)/.test(step)).length);
  t.same(said.sort(), [0, 2]);
  t.notOk(existsSync(join(fake.folder, '.drover.lock')));
});

t.test('start, stop and restart order both units, and forget old failures', async (t) => {
  const fake = fakeSystemd(t);
  await install(fake, { socketActivation: true });
  const manager = await serviceManager(fake.world);
  fake.orders.length = 0;

  await manager.stop('default');
  await manager.start('default');
  await t.rejects(manager.start('work'), {
    code: 'service_failed',
    message: /drover-work\.service is not installed/,
  });

  t.same(fake.orders, [
    'systemctl stop drover.socket drover.service',
    'systemctl reset-failed drover.socket drover.service',
    'systemctl start drover.socket drover.service',
  ]);
});

t.test('a unit whose file was deleted is stopped and its links are removed', async (t) => {
  const fake = fakeSystemd(t);
  await install(fake);
  rmSync(join(fake.folder, 'drover.service'));

  const [isRemoved, steps] = await uninstall(fake);

  t.equal(isRemoved, true);
  t.match(steps, [/^stopped drover\.service, whose file was gone/, /^removed the link/]);
  t.same(fake.files(), {});
});
