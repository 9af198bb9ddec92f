import t from 'tap';
import { computePaths, isProfileName, maxSocketPathBytes, type PathInput } from '../../src/base/index.ts';

const input = (changes: Partial<PathInput> = {}): PathInput => ({
  env: {},
  uid: 1000,
  home: '/home/me',
  cwd: '/home/me/src',
  ownerOf: () => null,
  ...changes,
});

void t.test('the default profile lives in the XDG folders', async (t) => {
  const paths = computePaths(input({ env: { XDG_RUNTIME_DIR: '/run/user/1000' } }));

  t.equal(paths.profile, 'default');
  t.equal(paths.config, '/home/me/.config/drover/daemon.toml');
  t.equal(paths.isConfigNamed, false);
  t.equal(paths.stateRoot, '/home/me/.local/state/drover');
  t.equal(paths.socket, '/run/user/1000/drover/drover.sock');
  t.equal(paths.socketFrom, 'computed');
  t.equal(paths.endpointFile, '/home/me/.local/state/drover/daemon.json');
});

void t.test('a named profile adds its folder under each root', async (t) => {
  const env = {
    XDG_RUNTIME_DIR: '/run/me',
    XDG_STATE_HOME: '/s',
    XDG_CONFIG_HOME: '/c',
    DROVER_PROFILE: 'work',
  };

  const paths = computePaths(input({ env }));

  t.equal(paths.config, '/c/drover/profiles/work/daemon.toml');
  t.equal(paths.stateRoot, '/s/drover/profiles/work');
  t.equal(paths.socket, '/run/me/drover/profiles/work/drover.sock');
});

void t.test('the name default is the unnamed profile', async (t) => {
  t.equal(
    computePaths(input({ flags: { profile: 'default' }, env: { DROVER_PROFILE: 'work' } })).stateRoot,
    '/home/me/.local/state/drover',
  );
});

void t.test('explicit places win over the profile and over the environment', async (t) => {
  const env = { DROVER_STATE_ROOT: '/env-state', DROVER_SOCKET: '/env.sock', DROVER_CONFIG: '/env.toml' };

  const byEnv = computePaths(input({ env }));
  const byFlags = computePaths(
    input({ env, flags: { profile: 'work', stateRoot: 'state', socket: '/flag.sock', config: 'my.toml' } }),
  );

  t.match(byEnv, { stateRoot: '/env-state', socket: '/env.sock', config: '/env.toml', socketFrom: 'env' });
  t.match(byFlags, {
    stateRoot: '/home/me/src/state',
    socket: '/flag.sock',
    config: '/home/me/src/my.toml',
    isConfigNamed: true,
    socketFrom: 'flag',
  });
});

void t.test('a profile flag wins over the socket of the environment', async (t) => {
  const paths = computePaths(
    input({ env: { DROVER_SOCKET: '/env.sock', XDG_RUNTIME_DIR: '/run/me' }, flags: { profile: 'work' } }),
  );

  t.equal(paths.socket, '/run/me/drover/profiles/work/drover.sock');
});

void t.test('a state root of one’s own has its socket in it', async (t) => {
  const env = { XDG_RUNTIME_DIR: '/run/me', DROVER_STATE_ROOT: '/data' };
  const long = `/${'x'.repeat(95)}`;

  t.match(computePaths(input({ env })), { socket: '/data/drover.sock', isStateRootNamed: true });
  t.match(computePaths(input({ env, flags: { profile: 'work' } })), {
    stateRoot: '/data/profiles/work',
    socket: '/data/profiles/work/drover.sock',
  });
  t.match(computePaths(input({ flags: { profile: 'work', stateRoot: '/mine' } })), {
    stateRoot: '/mine',
    socket: '/mine/drover.sock',
  });
  t.match(
    computePaths(input({ env: { XDG_RUNTIME_DIR: '/run/me' }, flags: { stateRoot: long } })),
    { socket: '/run/me/drover/drover.sock', isStateRootNamed: true },
    'a path too long for a socket leaves it where the profile has it',
  );
  t.match(
    computePaths(
      input({ env: { XDG_RUNTIME_DIR: '/run/me' }, flags: { stateRoot: '/home/me/.local/state/drover' } }),
    ),
    { socket: '/run/me/drover/drover.sock', isStateRootNamed: false },
    'the usual one is the usual one, named or not',
  );
});

void t.test(
  'within a run the places are those of its own daemon, whatever flags it was started with',
  async (t) => {
    const run = (profile: string, stateRoot: string) => ({
      XDG_RUNTIME_DIR: '/run/me',
      DROVER_RUN_ID: 'run_1',
      DROVER_PROFILE: profile,
      DROVER_SOCKET: '/its.sock',
      DROVER_STATE_ROOT: stateRoot,
    });
    const usual = '/home/me/.local/state/drover';

    for (const [profile, stateRoot] of [
      ['default', usual],
      ['default', '/mine'],
      ['work', `${usual}/profiles/work`],
      ['work', '/data/profiles/work'],
      ['work', '/mine'],
    ] as const) {
      const env = run(profile, stateRoot);
      const own = { profile, stateRoot, socket: '/its.sock' };
      t.match(computePaths(input({ env })), own);
      t.match(computePaths(input({ env, flags: { profile } })), own, 'also when its profile is named');
      t.match(computePaths(input({ env, flags: { stateRoot } })), own, 'or its state root');
      t.match(computePaths(input({ env, flags: { stateRoot: '/other' } })), {
        stateRoot: '/other',
        socket: '/other/drover.sock',
      });
    }
    const other = (profile: string, env: PathInput['env']) =>
      computePaths(input({ env, flags: { profile } }));
    t.match(other('default', run('work', `${usual}/profiles/work`)), {
      stateRoot: usual,
      socket: '/run/me/drover/drover.sock',
    });
    t.match(other('play', run('work', '/data/profiles/work')), {
      stateRoot: '/data/profiles/play',
      socket: '/data/profiles/play/drover.sock',
    });
    t.match(other('play', run('default', usual)), {
      stateRoot: `${usual}/profiles/play`,
      socket: '/run/me/drover/profiles/play/drover.sock',
    });
  },
);

void t.test('without a runtime folder the socket is below /tmp, in a folder of this user', async (t) => {
  t.equal(computePaths(input()).socket, '/tmp/drover-1000/drover.sock');
  t.equal(computePaths(input({ ownerOf: () => 1000 })).socket, '/tmp/drover-1000/drover.sock');
  t.equal(
    computePaths(input({ flags: { profile: 'work' } })).socket,
    '/tmp/drover-1000/profiles/work/drover.sock',
  );
});

void t.test('a folder below /tmp that somebody else owns is left alone', async (t) => {
  t.equal(computePaths(input({ ownerOf: () => 0 })).socket, '/home/me/.local/state/drover/drover.sock');
});

void t.test('empty and relative XDG variables count as not set', async (t) => {
  const env = {
    XDG_STATE_HOME: '',
    XDG_CONFIG_HOME: 'relative',
    XDG_RUNTIME_DIR: 'run',
    DROVER_STATE_ROOT: '',
  };

  t.match(computePaths(input({ env })), {
    stateRoot: '/home/me/.local/state/drover',
    config: '/home/me/.config/drover/daemon.toml',
    socket: '/tmp/drover-1000/drover.sock',
  });
});

void t.test('names of profiles cannot leave their folder', async (t) => {
  for (const name of ['a', '0', 'work', 'a-b', 'x'.repeat(31)]) t.equal(isProfileName(name), true, name);
  for (const name of ['', '-a', 'A', 'a/b', '..', 'a.b', 'x'.repeat(32)]) {
    t.equal(isProfileName(name), false, name);
    if (name !== '') t.throws(() => computePaths(input({ flags: { profile: name } })), RangeError);
  }
});

void t.test('the limit of a socket path is the system’s', async (t) => {
  t.equal(maxSocketPathBytes('linux'), 107);
  t.equal(maxSocketPathBytes('darwin'), 103);
});
