import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { isInside, readUntrusted } from '../../src/foundation/untrusted/index.ts';

const secret = 'the secret outside';

function setUp(test: Pick<typeof t, 'testdir'>) {
  const base = realpathSync(
    test.testdir({
      outside: { secret, 'config.toml': secret },
      'root-evil': { secret },
      root: { dir: { 'file.txt': 'inside' }, plain: 'inside', 'späte.txt': 'inside' },
    }),
  );
  const root = join(base, 'root');
  symlinkSync('../outside/secret', join(root, 'link'));
  symlinkSync('/etc/passwd', join(root, 'passwd'));
  symlinkSync('../outside', join(root, 'linkdir'));
  symlinkSync('.', join(root, 'self'));
  symlinkSync('loop', join(root, 'loop'));
  symlinkSync('nowhere', join(root, 'broken'));
  symlinkSync('/proc/self/root', join(root, 'proc'));
  symlinkSync('/dev/zero', join(root, 'zero'));
  linkSync(join(base, 'outside/secret'), join(root, 'hard'));
  return { base, root };
}

/** Every spelling here must give nothing but a refusal. */
function spellings(base: string): readonly string[] {
  const ups = ['../outside/secret', '../root-evil/secret', 'dir/../../outside/secret', './../outside/secret'];
  const encoded = [
    '%2e%2e/outside/secret',
    '..%2foutside%2fsecret',
    '%252e%252e/outside/secret',
    '..%c0%afoutside',
  ];
  const slashes = [
    '..\\outside\\secret',
    '..//outside/secret',
    'dir//file.txt',
    '/',
    '//',
    'dir/',
    'plain/',
    '/plain',
  ];
  const dots = [
    '.',
    '..',
    './plain',
    'dir/.',
    'dir/..',
    'dir/./file.txt',
    '...',
    '.../plain',
    '.. /x',
    ' ..',
    '../',
  ];
  const links = [
    'link',
    'passwd',
    'linkdir/secret',
    'linkdir/config.toml',
    'self/plain',
    'self/self/plain',
    'loop',
  ];
  const more = [
    'broken',
    'proc/etc/passwd',
    'zero',
    'hard',
    'linkdir',
    'loop/x',
    'plain/x',
    'linkdir/../plain',
  ];
  const bytes = [
    'plain\0',
    '\0',
    'plain\0.txt',
    '../outside/secret\0',
    '\u202eplain',
    'plain\n',
    '\u2025/outside',
  ];
  const unicode = [
    'spa\u0308te.txt',
    '\uff0e\uff0e/outside/secret',
    '..\u2215outside',
    'pl\u200bain',
    'PLAIN',
    'Dir/file.txt',
  ];
  const absolute = [
    '/etc/passwd',
    `${base}/outside/secret`,
    `${base}/root/plain`,
    '~/x',
    '~root/.profile',
    'file:///etc/passwd',
  ];
  const special = [
    '',
    ' ',
    'x'.repeat(256),
    'a/'.repeat(3000),
    '/proc/self/environ',
    '/dev/fd/0',
    '-',
    'CON',
    'plain:$DATA',
  ];
  return [ups, encoded, slashes, dots, links, more, bytes, unicode, absolute, special].flat();
}

t.test('a plain file below the root is read, whatever its name', async (t) => {
  const { root } = setUp(t);
  for (const path of ['plain', 'dir/file.txt', 'späte.txt']) {
    t.match(
      await readUntrusted(root, path, { maxBytes: 100 }),
      { ok: true, bytes: Buffer.from('inside') },
      path,
    );
  }
});

t.test('no spelling of a path leads outside the root', async (t) => {
  const { base, root } = setUp(t);
  const tried = spellings(base);
  t.ok(tried.length >= 60, `${tried.length} spellings`);
  for (const path of tried) {
    const read = await readUntrusted(root, path, { maxBytes: 10_000 });
    t.equal(read.ok, false, JSON.stringify(path).slice(0, 80));
  }
  const inside = await Promise.all(
    tried.map((path) => isInside(root, join(root, path.replaceAll('\0', '')))),
  );
  const escaped = tried.filter((path, index) => inside[index] && /secret|passwd|outside/.test(path));
  t.same(escaped, [], 'none of them counts as inside either');
});

t.test('the root is compared with its separator', async (t) => {
  const { base, root } = setUp(t);
  t.equal(await isInside(root, join(base, 'root-evil/secret')), false);
  t.equal(await isInside(root, join(root, 'dir/file.txt')), true);
  t.equal(await isInside(root, root), true);
  t.equal(await isInside('/', root), true);
  t.equal(await isInside(root, join(root, 'missing')), false);
  t.equal(await isInside(root, join(root, 'linkdir')), false);
  t.equal(await isInside(root, join(root, 'loop')), false);
});

t.test('pipes, devices, sockets, folders and large files are refused without waiting', async (t) => {
  const { root } = setUp(t);
  execFileSync('mkfifo', [join(root, 'fifo')]);
  truncateSync(writeTo(join(root, 'huge')), 3 * 2 ** 30);
  writeFileSync(join(root, 'edge'), 'x'.repeat(100));
  writeFileSync(join(root, 'over'), 'x'.repeat(101));
  const short = mkdtempSync(join(tmpdir(), 'sock-')); // the path of a socket has room for 107 bytes
  const server = createServer().listen(join(short, 's'));
  t.teardown(() => {
    server.close();
    rmSync(short, { recursive: true });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const expected = {
    fifo: 'not_a_file',
    huge: 'too_large',
    over: 'too_large',
    dir: 'not_a_file',
    hard: 'hard_linked',
    link: 'link',
    zero: 'link',
    none: 'missing',
    'linkdir/secret': 'link',
    '../x': 'bad_path',
  };
  t.same(await readUntrusted(short, 's', { maxBytes: 100 }), { ok: false, reason: 'not_a_file' }, 'socket');
  for (const [path, reason] of Object.entries(expected)) {
    t.same(await readUntrusted(root, path, { maxBytes: 100 }), { ok: false, reason }, path);
  }
  t.equal((await readUntrusted(root, 'edge', { maxBytes: 100 })).ok, true);
});

t.test('a folder swapped for a link at any moment never leads outside', async (t) => {
  const { base, root } = setUp(t);
  mkdirSync(join(root, 'race'));
  writeFileSync(join(root, 'race/config.toml'), 'inside');
  symlinkSync('../outside', join(root, 'trap'));
  let swaps = 0;
  let done = false;
  const swap = () => {
    renameSync(join(root, 'race'), join(base, 'parked'));
    renameSync(join(root, 'trap'), join(root, 'race'));
    renameSync(join(root, 'race'), join(root, 'trap'));
    renameSync(join(base, 'parked'), join(root, 'race'));
    swaps += 1;
    if (!done) setImmediate(swap);
  };
  setImmediate(swap);
  const seen = new Map<string, number>();
  for (let round = 0; round < 1000; round += 1) {
    const read = await readUntrusted(root, 'race/config.toml', { maxBytes: 1000 });
    const what = read.ok ? read.bytes.toString() : read.reason;
    seen.set(what, (seen.get(what) ?? 0) + 1);
  }
  done = true;
  t.equal(seen.has(secret), false, JSON.stringify([...seen]));
  t.ok(swaps > 100, `${swaps} swaps`);
  t.ok(
    (seen.get('link') ?? 0) + (seen.get('missing') ?? 0) > 0,
    `hit in between: ${JSON.stringify([...seen])}`,
  );
});

function writeTo(path: string): string {
  writeFileSync(path, '');
  return path;
}
