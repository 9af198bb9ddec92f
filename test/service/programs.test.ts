import t from 'tap';
import { capturePath } from '../../src/service/captured-path.ts';
import { chooseNode, type NodeAnswer, type NodeWorld } from '../../src/service/durable-node.ts';
import { chooseProgram } from '../../src/service/durable-program.ts';
import { lastingName, passingReason } from '../../src/service/passing.ts';

const places = { tmp: '/scratch/tmp', runtime: '/run/user/1000' };

/** A machine: programs by their real path, and links that lead to them. */
function aMachine(
  programs: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
  changes: Partial<NodeWorld> = {},
): NodeWorld {
  const realPath = (path: string) => links[path] ?? (path in programs ? path : null);
  const ask = async (file: string): Promise<NodeAnswer | null> => {
    const execPath = realPath(file);
    const version = execPath === null ? undefined : programs[execPath];
    return execPath === null || version === undefined || version === '' ? null : { version, execPath };
  };
  return { ...places, execPath: '', path: '', home: '/home/ada', realPath, ask, ...changes };
}

t.test('this process’s own Node.js is taken when it will still be there tomorrow', async (t) => {
  for (const execPath of [
    '/usr/bin/node',
    '/usr/local/bin/node',
    '/home/ada/.nvm/versions/node/v22.13.0/bin/node',
    '/home/ada/.local/share/fnm/node-versions/v24.1.0/installation/bin/node',
    '/home/ada/.volta/tools/image/node/24.1.0/bin/node',
    '/opt/node modules/bin/node',
  ]) {
    const world = aMachine({ [execPath]: 'v24.1.0' }, {}, { execPath });

    t.same(await chooseNode(undefined, world), { node: execPath, note: null }, execPath);
  }
});

t.test('one that a clean-up takes away gives way to the first that lasts, and that is said', async (t) => {
  for (const execPath of [
    '/home/ada/project/node_modules/node/bin/node',
    '/home/ada/.npm/_npx/1f/node_modules/.bin/node',
    '/tmp/download/node',
    '/scratch/tmp/node',
    '/run/user/1000/fnm_multishells/1_2/bin/node',
    '/home/ada/.local/state/fnm_multishells/1_2/bin/node',
    '/private/var/folders/x/T/node',
  ]) {
    const programs = { [execPath]: 'v24.1.0', '/opt/old/bin/node': 'v20.9.0', '/usr/bin/node': 'v22.13.0' };
    const path = `/home/ada/project/node_modules/.bin:relative:/opt/old/bin:/usr/bin`;

    const chosen = await chooseNode(undefined, aMachine(programs, {}, { execPath, path }));

    t.equal(chosen.node, '/usr/bin/node', execPath);
    t.match(chosen.note, execPath);
  }
});

t.test(
  'known places help where PATH has none, and a version manager’s stand-in names the real one',
  async (t) => {
    const execPath = '/p/node_modules/node/bin/node';
    const real = '/home/ada/.volta/tools/image/node/24.1.0/bin/node';
    const world = aMachine({ [execPath]: 'v24.1.0', [real]: 'v24.1.0', '/volta-shim': '' }, {}, { execPath });

    const chosen = await chooseNode(undefined, {
      ...world,
      realPath: (path) => (path === '/home/ada/.volta/bin/node' ? '/volta-shim' : world.realPath(path)),
      ask: async (file) =>
        file === '/home/ada/.volta/bin/node' ? { version: 'v24.1.0', execPath: real } : world.ask(file),
    });

    t.equal(chosen.node, real);
  },
);

t.test('without any that lasts the error says what was looked at', async (t) => {
  const execPath = '/p/node_modules/node/bin/node';
  const programs = {
    [execPath]: 'v24.1.0',
    '/usr/bin/node': 'v22.12.0',
    '/tmp/n/node': 'v24.0.0',
    '/x/node': '',
  };
  const world = aMachine(programs, {}, { execPath, path: '/x:/tmp/n:/usr/bin' });

  const error = await chooseNode(undefined, world).catch((caught: unknown) => caught);

  t.match(error, { code: 'node_unsuitable', exitCode: 2 });
  for (const part of [
    execPath,
    '/usr/bin/node is v22.12.0',
    '/tmp/n/node is in a folder for temporary files',
  ])
    t.match((error as Error).message, part);
});

t.test(
  'a Node.js that is named must be one, and new enough; where it lies is the person’s business',
  async (t) => {
    const programs = {
      '/tmp/node': 'v24.0.0',
      '/old/node': 'v22.12.9',
      '/bin/true': '',
      '/good/node': 'v22.13.0',
    };
    const world = aMachine(programs, { '/link/node': '/tmp/node' });

    t.same(await chooseNode('/good/node', world), { node: '/good/node', note: null });
    t.match(
      (await chooseNode('/link/node', world)).note,
      /^warning: \/link\/node is in a folder for temporary/,
    );
    for (const [node, why] of [
      ['/old/node', /v22\.12\.9, which is too old/],
      ['/bin/true', /no Node\.js that can be started/],
      ['/nowhere', /does not exist/],
    ] as const)
      await t.rejects(chooseNode(node, world), { code: 'node_unsuitable', message: why }, node);
  },
);

t.test('a package manager’s link to the current version is the name that lasts', async (t) => {
  for (const [real, link] of [
    ['/opt/homebrew/Cellar/node/24.1.0/bin/node', '/opt/homebrew/opt/node/bin/node'],
    ['/usr/local/Cellar/node@22/22.13.0/bin/node', '/usr/local/opt/node@22/bin/node'],
    ['/snap/node/9999/bin/node', '/snap/node/current/bin/node'],
    ['/nix/store/abc-nodejs-24/bin/node', '/home/ada/.nix-profile/bin/node'],
  ] as const) {
    const world = aMachine({ [real]: 'v24.1.0' }, { [link]: real }, { execPath: real });
    const alone = aMachine({ [real]: 'v24.1.0' }, {}, { execPath: real });

    t.equal((await chooseNode(undefined, world)).node, link);
    t.equal((await chooseNode(undefined, alone)).node, real, 'without the link there is nothing better');
  }
  t.equal(
    lastingName('/usr/bin/node', ['/nix/x'], () => '/usr/bin/node'),
    '/usr/bin/node',
  );
});

t.test('drover itself may lie where npm installs it, but not in the cache of a package runner', async (t) => {
  const choose = (real: string) => chooseProgram('/called', { ...places, realPath: () => real });

  t.same(choose('/usr/lib/node_modules/drover/dist/main.js'), {
    program: '/usr/lib/node_modules/drover/dist/main.js',
    note: null,
  });
  t.match(choose('/tmp/checkout/dist/main.js').note, /^warning: drover itself is in a folder for temporary/);
  for (const real of [
    '/home/ada/.npm/_npx/1/node_modules/drover/dist/main.js',
    '/c/dlx-1/drover/dist/main.js',
  ])
    t.throws(() => choose(real), { code: 'usage', hint: 'install it first: npm install -g drover' });
});

t.test('PATH keeps what lasts, once and in order, and has what a daemon needs', async (t) => {
  const folders = new Set([
    '/a',
    '/b',
    '/node/bin',
    '/usr/bin',
    '/bin',
    '/fnm/v24/bin',
    '/p/node_modules/.bin',
    '/tmp/x',
  ]);
  const world = {
    ...places,
    isFolder: (path: string) => folders.has(path),
    realPath: (path: string) => (path === '/run/user/1000/fnm_multishells/7_8/bin' ? '/fnm/v24/bin' : path),
  };
  const capture = (path: string) => capturePath(path, '/node/bin', world).split(':');

  t.same(capture('/b:/a:/b/:/usr/bin:/b//'), ['/b', '/a', '/usr/bin', '/node/bin', '/bin']);
  t.same(capture('.:relative::~/bin:/gone:/p/node_modules/.bin:/tmp/x'), ['/node/bin', '/usr/bin', '/bin']);
  t.same(capture('/run/user/1000/fnm_multishells/7_8/bin:/fnm/v24/bin:/a'), [
    '/fnm/v24/bin',
    '/a',
    '/node/bin',
    '/usr/bin',
    '/bin',
  ]);
  t.same(capture('/node/bin:/a\nb:/a'), ['/node/bin', '/a', '/usr/bin', '/bin']);
  t.same(capture(''), ['/node/bin', '/usr/bin', '/bin']);
});

t.test('what is passing is told by whole parts of the path', async (t) => {
  for (const path of [
    '/tmpfiles/node',
    '/home/ada/tmp/node',
    '/run/current-system/sw/bin/node',
    '/my_npx/node',
  ])
    t.equal(passingReason(path, places), null, path);
  for (const path of ['/tmp', '/tmp/a', '/x/node_modules', '/dev/shm/a', '/scratch/tmp/a'])
    t.ok(passingReason(path, places), path);
  t.equal(passingReason('/home/ada/node', { tmp: undefined, runtime: '' }), null);
});
