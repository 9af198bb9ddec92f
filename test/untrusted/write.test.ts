import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeNewUntrusted } from '../../src/foundation/untrusted/index.ts';

const bytes = Buffer.from('text');
const write = (root: string, path: string) => writeNewUntrusted(root, path, { bytes, mode: 0o640 });

t.test('a new file comes with its folders, its mode, and nothing beside it', async (t) => {
  const root = t.testdir();

  t.same(await write(root, 'a/b/c'), { ok: true });

  t.equal(readFileSync(join(root, 'a/b/c'), 'utf8'), 'text');
  t.equal(statSync(join(root, 'a/b/c')).mode & 0o777, 0o640 & ~process.umask());
  t.same(readdirSync(join(root, 'a/b')), ['c']);
});

t.test('what is there is left alone', async (t) => {
  const root = t.testdir({ file: 'mine', folder: {} });
  symlinkSync('nowhere', join(root, 'link'));

  for (const path of ['file', 'folder', 'link'])
    t.same(await write(root, path), { ok: false, reason: 'exists' }, path);

  t.equal(readFileSync(join(root, 'file'), 'utf8'), 'mine');
  t.same(readdirSync(root), ['file', 'folder', 'link']);
});

t.test('half a file that a crash left is made whole', async (t) => {
  const root = t.testdir({ 'file.drover-new': 'hal' });

  t.same(await write(root, 'file'), { ok: true });
  t.same(readdirSync(root), ['file']);
});

t.test('nothing is written outside, whatever stands on the way', async (t) => {
  const root = t.testdir({ inside: {}, outside: {}, file: '' });
  const inside = join(root, 'inside');
  symlinkSync('../outside', join(inside, 'link'));
  symlinkSync('../../file', join(inside, 'x.drover-new'));
  writeFileSync(join(inside, 'plain'), '');
  mkdirSync(join(inside, 'deep'));

  const refused = { link: 'link/x', plain: 'plain/x' };
  for (const path of Object.values(refused))
    t.same(await write(inside, path), { ok: false, reason: 'link' }, path);
  t.match(await write(inside, 'x'), { ok: false });
  for (const path of ['../x', '/x', '', 'a//b', 'deep/../../x'])
    t.same(await write(inside, path), { ok: false, reason: 'bad_path' }, path);

  t.same(readdirSync(join(root, 'outside')), []);
  t.equal(readFileSync(join(root, 'file'), 'utf8'), '');
});

t.test(
  'a temporary name that an agent has laid is not written through, and nobody waits at it',
  async (t) => {
    const root = t.testdir({ inside: { 'folder.drover-new': {} }, outside: { secret: 'secret' } });
    const inside = join(root, 'inside');
    linkSync(join(root, 'outside/secret'), join(inside, 'hard.drover-new'));
    execFileSync('mkfifo', [join(inside, 'fifo.drover-new')]);
    symlinkSync('../outside/new', join(inside, 'link.drover-new'));

    t.same(await write(inside, 'hard'), { ok: true });
    t.same(await write(inside, 'fifo'), { ok: false, reason: 'unwritable' });
    t.same(await write(inside, 'folder'), { ok: false, reason: 'unwritable' });
    t.same(await write(inside, 'link'), { ok: false, reason: 'link' });

    t.equal(readFileSync(join(inside, 'hard'), 'utf8'), 'text');
    t.equal(readFileSync(join(root, 'outside/secret'), 'utf8'), 'secret');
    t.same(readdirSync(join(root, 'outside')), ['secret']);
  },
);

t.test('folders are made only as far as is asked', async (t) => {
  const root = t.testdir({ there: {} });

  t.same(await writeNewUntrusted(root, 'a/b/c', { bytes, mode: 0o600, make: 'last' }), {
    ok: false,
    reason: 'missing',
  });
  t.same(await writeNewUntrusted(root, 'a/c', { bytes, mode: 0o600, make: 'none' }), {
    ok: false,
    reason: 'missing',
  });
  t.same(readdirSync(root), ['there']);
  t.same(await writeNewUntrusted(root, 'there/b/c', { bytes, mode: 0o600, make: 'last' }), { ok: true });
  t.same(await writeNewUntrusted(join(root, 'nowhere'), 'c', { bytes, mode: 0o600 }), {
    ok: false,
    reason: 'missing',
  });
});
