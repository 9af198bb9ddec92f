/** What is done in folders: listing, moving, removing and watching. */
import { execFileSync } from 'node:child_process';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  identifyUntrusted,
  listUntrusted,
  maxRemovedDepth,
  maxRemovedEntries,
  moveUntrusted,
  removeUntrusted,
  watchUntrusted,
} from '../../src/foundation/untrusted/index.ts';
import { createRandom } from '../support/random.ts';
import { startSwapping } from '../support/swapping.ts';
import { until } from '../support/until.ts';

const secret = 'the secret outside';
const badPaths = [
  '',
  '/',
  '/etc',
  '..',
  '.',
  'a/..',
  '../outside',
  'a//b',
  'a/',
  'a\0',
  `a/${'x'.repeat(256)}`,
];

function setUp(t: Test) {
  const base = realpathSync(
    t.testdir({
      outside: { secret, folder: { secret } },
      root: { folder: { file: 'inside', below: { file: 'inside' } }, other: {}, plain: 'inside' },
    }),
  );
  const root = join(base, 'root');
  symlinkSync('../outside', join(root, 'link'));
  symlinkSync('../../outside', join(root, 'folder/link'));
  symlinkSync('../../outside/secret', join(root, 'folder/link-to-file'));
  symlinkSync('loop', join(root, 'loop'));
  const outside = () => readdirSync(join(base, 'outside'), { recursive: true, encoding: 'utf8' }).sort();
  return { base, root, outside };
}

const untouched = ['folder', 'folder/secret', 'secret'];
const list = (root: string, path: string | Buffer) => listUntrusted(root, path, { maxEntries: 100 });

t.test('a folder is listed with what each thing is itself', async (t) => {
  const { root } = setUp(t);
  execFileSync('mkfifo', [join(root, 'folder/fifo')]);
  const raw = Buffer.from([0x61, 0xff]);
  writeFileSync(Buffer.concat([Buffer.from(join(root, 'folder/')), raw]), '');

  const listed = await list(root, 'folder');

  if (!listed.ok) return t.fail(listed.reason);
  const kinds = Object.fromEntries(listed.entries.map(({ name, kind }) => [name.toString('latin1'), kind]));
  t.same(kinds, {
    file: 'file',
    below: 'folder',
    link: 'link',
    'link-to-file': 'link',
    fifo: 'other',
    aÿ: 'file',
  });
  t.equal(listed.isWhole, true);
  const file = listed.entries.find(({ name }) => name.toString() === 'file');
  t.equal(file?.modifiedAt, lstatSync(join(root, 'folder/file')).mtimeMs);
  t.equal(file?.changedAt, lstatSync(join(root, 'folder/file')).ctimeMs);
});

t.test('a listing has an end', async (t) => {
  const { root } = setUp(t);
  for (let index = 0; index < 100; index += 1) writeFileSync(join(root, `other/${index}`), '');

  t.match(await listUntrusted(root, 'other', { maxEntries: 100 }), {
    ok: true,
    isWhole: true,
    entries: { length: 100 },
  });
  t.match(await listUntrusted(root, 'other', { maxEntries: 99 }), {
    ok: true,
    isWhole: false,
    entries: { length: 99 },
  });
});

t.test('nothing but a folder below the root is listed', async (t) => {
  const { root } = setUp(t);
  const refused = {
    link: ['link', 'link/folder', 'folder/link', 'loop', 'plain', 'plain/x', 'folder/file'],
    missing: ['nowhere', 'folder/nowhere', 'nowhere/folder'],
    bad_path: badPaths,
  };
  for (const [reason, paths] of Object.entries(refused))
    for (const path of paths)
      t.same(await list(root, path), { ok: false, reason }, JSON.stringify(path).slice(0, 40));
  t.same(await list(join(root, 'nowhere'), 'folder'), { ok: false, reason: 'missing' });
});

t.test('a move renames what is there as itself, and makes the last folder', async (t) => {
  const { base, root, outside } = setUp(t);
  execFileSync('mkfifo', [join(root, 'fifo')]);
  linkSync(join(base, 'outside/secret'), join(root, 'hard'));
  const raw = Buffer.from([0x61, 0xff]);
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), raw]), 'raw');

  for (const name of ['plain', 'link', 'loop', 'fifo', 'hard', 'folder'])
    t.same(await moveUntrusted(root, name, `a/b/${name}`), { ok: false, reason: 'missing' }, 'only the last');
  for (const name of ['plain', 'link', 'loop', 'fifo', 'hard', 'folder'])
    t.same(await moveUntrusted(root, name, `new/${name}`), { ok: true }, name);
  t.same(await moveUntrusted(root, raw, 'new/raw'), { ok: true });

  t.same(readdirSync(join(root, 'new')).sort(), ['fifo', 'folder', 'hard', 'link', 'loop', 'plain', 'raw']);
  t.same(readdirSync(root), ['new', 'other']);
  t.ok(lstatSync(join(root, 'new/link')).isSymbolicLink());
  t.ok(lstatSync(join(root, 'new/fifo')).isFIFO());
  t.equal(readFileSync(join(root, 'new/raw'), 'utf8'), 'raw');
  t.same(outside(), untouched);
});

t.test('a move leaves alone what is at its end, and goes nowhere else', async (t) => {
  const { root, outside } = setUp(t);
  const cases: readonly (readonly [string, string, string])[] = [
    ['plain', 'folder/file', 'exists'],
    ['plain', 'other', 'exists'],
    ['plain', 'loop', 'exists'],
    ['plain', 'folder/link-to-file', 'exists'],
    ['folder', 'other', 'exists'],
    ['nowhere', 'other/x', 'missing'],
    ['nowhere/x', 'other/x', 'missing'],
    ['plain', 'link/x', 'link'],
    ['plain', 'folder/link/x', 'link'],
    ['plain', 'folder/file/x', 'link'],
    ['link/secret', 'other/x', 'link'],
    ['folder/link/secret', 'other/x', 'link'],
    ['loop/x', 'other/x', 'link'],
    ['folder', 'folder/below/x', 'unmovable'],
    ...badPaths.map((path) => [path, 'other/x', 'bad_path'] as const),
    ...badPaths.map((path) => ['plain', path, 'bad_path'] as const),
  ];
  for (const [from, to, reason] of cases)
    t.same(
      await moveUntrusted(root, from, to),
      { ok: false, reason },
      JSON.stringify([from, to]).slice(0, 60),
    );
  const raw = Buffer.concat([Buffer.from('../outside/'), Buffer.from([0xff])]);
  t.same(await moveUntrusted(root, raw, 'other/x'), { ok: false, reason: 'bad_path' });
  t.same(await moveUntrusted(root, 'plain', raw), { ok: false, reason: 'bad_path' });

  t.same(readdirSync(join(root, 'other')), []);
  t.equal(readFileSync(join(root, 'plain'), 'utf8'), 'inside');
  t.same(outside(), untouched);
});

t.test('a removal takes a file, a link or a whole folder, and nothing behind a link', async (t) => {
  const { base, root, outside } = setUp(t);
  symlinkSync('../../../outside', join(root, 'folder/below/link'));
  execFileSync('mkfifo', [join(root, 'folder/below/fifo')]);
  linkSync(join(base, 'outside/secret'), join(root, 'folder/below/hard'));
  writeFileSync(Buffer.concat([Buffer.from(join(root, 'folder/below/')), Buffer.from([0xff])]), '');

  for (const path of ['plain', 'link', 'loop', 'folder'])
    t.same(await removeUntrusted(root, path), { ok: true }, path);
  t.same(await removeUntrusted(root, 'folder'), { ok: false, reason: 'missing' });
  for (const path of badPaths)
    t.same(
      await removeUntrusted(root, path),
      { ok: false, reason: 'bad_path' },
      JSON.stringify(path).slice(0, 40),
    );
  symlinkSync('../outside', join(root, 'link'));
  for (const path of ['link/secret', 'link/folder'])
    t.same(await removeUntrusted(root, path), { ok: false, reason: 'link' }, path);

  t.same(readdirSync(root), ['link', 'other']);
  t.same(outside(), untouched);
  t.equal(readFileSync(join(base, 'outside/secret'), 'utf8'), secret);
});

t.test('a removal has an end: too deep is left, too full is done in several', async (t) => {
  const { root } = setUp(t);
  const levels = (count: number) => Array(count).fill('d').join('/');
  mkdirSync(join(root, 'fits', levels(maxRemovedDepth - 1)), { recursive: true });
  mkdirSync(join(root, 'deep', levels(maxRemovedDepth)), { recursive: true });
  for (let index = 0; index < maxRemovedEntries + 50; index += 1)
    writeFileSync(join(root, `other/${index}`), '');

  t.same(await removeUntrusted(root, 'fits'), { ok: true });
  t.same(await removeUntrusted(root, 'deep'), { ok: false, reason: 'too_large' });
  t.same(await removeUntrusted(root, 'other'), { ok: false, reason: 'too_large' });
  t.ok(readdirSync(join(root, 'other')).length <= 51);
  t.same(await removeUntrusted(root, 'other'), { ok: true });
});

t.test('a folder swapped for a link at any moment never leads outside', async (t) => {
  const { base, root, outside } = setUp(t);
  for (const name of ['x', 'y']) writeFileSync(join(base, `outside/${name}`), secret);
  symlinkSync('../outside', join(root, 'trap'));
  const before = outside();
  const random = createRandom();
  const swapping = startSwapping(join(root, 'folder'), { trap: join(root, 'trap'), base, random });
  t.comment(`DROVER_TEST_SEED=${random.seed}`);
  const seen = new Map<string, number>();
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  for (let round = 0; round < 150; round += 1) {
    writeFileSync(join(root, 'other/x'), 'inside');
    const listed = await list(root, 'folder');
    count(listed.ok ? 'listed' : listed.reason);
    if (listed.ok && listed.entries.some(({ name }) => name.toString() === 'secret'))
      t.fail('listed outside');
    const there = await moveUntrusted(root, 'other/x', 'folder/x');
    count(there.ok ? 'moved' : there.reason);
    const back = await moveUntrusted(root, 'folder/x', 'other/y');
    if (back.ok && readFileSync(join(root, 'other/y'), 'utf8') !== 'inside') t.fail('moved from outside');
    await removeUntrusted(root, 'other/y');
    await removeUntrusted(root, 'folder/x');
    await removeUntrusted(root, 'folder/y');
  }
  const swaps = swapping.stop();

  t.same(outside(), before);
  t.ok(swaps > 50, `${swaps} swaps`);
  t.ok((seen.get('moved') ?? 0) > 0 && (seen.get('listed') ?? 0) > 0, JSON.stringify([...seen]));
  t.ok(
    (seen.get('link') ?? 0) + (seen.get('missing') ?? 0) > 0,
    `hit in between: ${JSON.stringify([...seen])}`,
  );
});

t.test('a watched folder tells of what happens in it and to it, and is told from another', async (t) => {
  const { root } = setUp(t);
  let changes = 0;
  const result = await watchUntrusted(root, 'folder/below', () => {
    changes += 1;
  });
  if (!result.ok) return t.fail(result.reason);
  t.teardown(() => result.watch.close());
  t.equal(await identifyUntrusted(root, 'folder/below'), result.watch.identity);
  t.not(await identifyUntrusted(root, 'folder'), result.watch.identity);

  writeFileSync(join(root, 'folder/below/new'), '');
  await until('the new file to be told', () => changes > 0);
  changes = 0;
  renameSync(join(root, 'folder/below'), join(root, 'away'));
  await until('the renaming to be told', () => changes > 0);
  t.equal(await identifyUntrusted(root, 'folder/below'), await identifyUntrusted(root, 'folder'));
  t.equal(await identifyUntrusted(root, 'away'), result.watch.identity);
  result.watch.close();
  result.watch.close();
});

t.test('of a folder that is missing the way to it is watched, and nothing else on it is told', async (t) => {
  const { root } = setUp(t);
  let changes = 0;
  const onChange = () => {
    changes += 1;
  };
  const watch = async (path: string) => {
    const result = await watchUntrusted(root, path, onChange);
    if (!result.ok) throw new Error(result.reason);
    t.teardown(() => result.watch.close());
    return result.watch;
  };
  const top = await watch('.new/signals');
  t.equal(top.isWhole, false);
  t.equal(await identifyUntrusted(root, '.new/signals'), top.identity);
  writeFileSync(join(root, 'noise'), '');
  writeFileSync(join(root, 'folder', '.new'), '');
  // An event of a later watch of the same folder: what came before it has been told by then.
  let isSeen = false;
  const witness = await watchUntrusted(root, 'seen/x', () => {
    isSeen = true;
  });
  if (!witness.ok) return t.fail(witness.reason);
  t.teardown(() => witness.watch.close());
  mkdirSync(join(root, 'seen'));
  await until('the witness', () => isSeen);
  t.equal(changes, 0, 'other names are not told');

  mkdirSync(join(root, '.new'));
  await until('the first part to be told', () => changes > 0);
  const below = await watch('.new/signals');
  t.equal(below.isWhole, false);
  t.not(below.identity, top.identity);
  t.equal(await identifyUntrusted(root, '.new/signals'), below.identity);
  changes = 0;
  mkdirSync(join(root, '.new/signals'));
  await until('the second part to be told', () => changes > 0);
  const whole = await watch('.new/signals');
  t.equal(whole.isWhole, true);
  t.equal(await identifyUntrusted(root, '.new/signals'), whole.identity);
  const parent = await watch('.new/other');
  t.equal(parent.identity, below.identity);
  changes = 0;
  renameSync(join(root, '.new'), join(root, '.renamed'));
  await until('the end of what stands for it to be told', () => changes > 0);
});

t.test('no link and nothing but a folder below the root is watched or told from another', async (t) => {
  const { root } = setUp(t);
  const watch = (path: string) => watchUntrusted(root, path, () => {});
  const top = await identifyUntrusted(root, 'nowhere');
  const folder = await identifyUntrusted(root, 'folder');

  for (const path of ['link', 'link/folder', 'folder/link', 'plain', 'loop']) {
    const result = await watch(path);
    if (!result.ok) return t.fail(`${path}: ${result.reason}`);
    result.watch.close();
    const nearest = path === 'folder/link' ? folder : top;
    t.match(result.watch, { identity: nearest, isWhole: false }, path);
    t.equal(await identifyUntrusted(root, path), nearest, path);
  }
  for (const path of badPaths) {
    t.same(await watch(path), { ok: false, reason: 'bad_path' });
    t.equal(await identifyUntrusted(root, path), null);
  }
  rmSync(root, { recursive: true });
  t.same(await watch('other'), { ok: false, reason: 'missing' });
  t.equal(await identifyUntrusted(root, 'other'), null);
});
