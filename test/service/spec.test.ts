import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { computePaths } from '../../src/base/index.ts';
import { buildSpec, findUnitFile, hasUnitFile, launchdLabel, serviceUnit } from '../../src/service/index.ts';
import { unitFolders } from '../../src/service/names.ts';

type Flags = Parameters<typeof computePaths>[0]['flags'];

function specOf(flags: Flags, env: Record<string, string> = {}, more: { addr?: string; home?: string } = {}) {
  const home = more.home ?? '/home/ada';
  const paths = computePaths({ flags: flags ?? {}, env, uid: 1000, home, cwd: '/work', ownerOf: () => null });
  return buildSpec({
    paths,
    env,
    cwd: '/work',
    user: 'ada',
    home,
    homeOfUser: '/home/ada',
    node: '/usr/bin/node',
    program: '/opt/drover/dist/main.js',
    path: '/usr/bin',
    socket: paths.socket,
    given: { config: flags?.config, stateRoot: flags?.stateRoot, addr: more.addr },
    socketActivation: false,
  });
}

t.test('a plain installation gives the daemon nothing but its command', async (t) => {
  const spec = specOf({}, { XDG_RUNTIME_DIR: '/run/user/1000', PATH: '/x' });

  t.same([spec.args, spec.environment], [[], {}]);
  t.match(spec, {
    profile: 'default',
    socket: '/run/user/1000/drover/drover.sock',
    stateRoot: '/home/ada/.local/state/drover',
    logs: '/home/ada/.local/state/drover/logs',
  });
});

t.test('options become absolute, and so do places of the environment', async (t) => {
  const spec = specOf(
    { profile: 'work', config: 'c.toml' },
    { DROVER_STATE_ROOT: 'state', XDG_CONFIG_HOME: '/xdg', XDG_STATE_HOME: 'relative' },
    { addr: '127.0.0.1:7777' },
  );

  t.same(spec.args, ['--profile=work', '--config=/work/c.toml', '--addr=127.0.0.1:7777']);
  t.same(spec.environment, { XDG_CONFIG_HOME: '/xdg', DROVER_STATE_ROOT: '/work/state' });
});

t.test(
  'a profile, a configuration and a socket that the environment names hold in the service too',
  async (t) => {
    const env = { DROVER_PROFILE: 'work', DROVER_CONFIG: 'c.toml', DROVER_SOCKET: '/s/d.sock' };

    const spec = specOf({}, env);

    t.same(
      spec.args,
      ['--profile=work', '--socket=/s/d.sock'],
      'as options: --profile wins over $DROVER_SOCKET',
    );
    t.same(spec.environment, { DROVER_CONFIG: '/work/c.toml' });
  },
);

t.test('a state root and a home of one’s own are kept', async (t) => {
  t.same(specOf({ stateRoot: 's' }).args, ['--state-root=/work/s']);
  t.same(specOf({}, {}, { home: '/elsewhere' }).environment, { HOME: '/elsewhere' });
});

t.test('nothing else of the environment gets into a unit', async (t) => {
  const secrets = [
    'DROVER_HTTP_ADMIN_TOKEN',
    'DROVER_HTTP_READONLY_TOKEN',
    'DROVER_TOKEN',
    'DROVER_RUN_TOKEN',
  ];
  const env = Object.fromEntries(
    [...secrets, 'ANTHROPIC_API_KEY', 'SSH_AUTH_SOCK'].map((name) => [name, 'canary']),
  );

  t.notMatch(JSON.stringify(specOf({}, env)), 'canary');
});

t.test('units have the names that the contract gives', async (t) => {
  t.equal(serviceUnit('default'), 'drover.service');
  t.equal(serviceUnit('work'), 'drover-work.service');
  t.equal(launchdLabel('default'), 'dev.drover.daemon');
  t.equal(launchdLabel('work'), 'dev.drover.daemon.work');
});

t.test(
  'a unit file is found in either folder that the manager may read, also as a link to nowhere',
  async (t) => {
    const home = t.testdir();
    const env = { XDG_CONFIG_HOME: join(home, 'xdg') };
    const places = { platform: 'linux', env, home } as const;
    const [xdg = '', plain = ''] = unitFolders(places);
    for (const folder of [xdg, plain]) mkdirSync(folder, { recursive: true });

    t.equal(hasUnitFile('default', places), false);
    writeFileSync(join(plain, 'drover.service'), '');
    t.equal(findUnitFile('default', places), join(plain, 'drover.service'));
    symlinkSync('/nowhere', join(xdg, 'drover.service'));
    t.equal(findUnitFile('default', places), join(xdg, 'drover.service'));
    t.equal(hasUnitFile('work', places), false);
    t.equal(hasUnitFile('default', { ...places, platform: 'darwin' }), false);
    t.same(unitFolders({ platform: 'linux', env: { XDG_CONFIG_HOME: 'relative' }, home: '/h' }), [
      '/h/.config/systemd/user',
    ]);
  },
);
