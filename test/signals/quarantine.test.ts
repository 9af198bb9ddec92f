import { execFileSync } from 'node:child_process';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  open,
  openSync,
  readdirSync,
  readFileSync,
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
import { maxFailedEntries } from '../../src/domain/signals/index.ts';
import { drover, namesOf, signalWorld, treeOf } from '../support/signal-folder.ts';
import { until } from '../support/until.ts';

const noSignal = 'its name is not that of a signal';
const secret = 'the secret outside';

t.test('what is no plain file of a fair size is put away as it is, with its reason', async (t) => {
  const { base, inbox, root, put, at, namesIn, failed } = signalWorld(t);
  writeFileSync(join(base, 'outside/secret'), secret);
  const name = (kind: string) => at(`verify-failed-${kind}`);
  symlinkSync('../../../outside/secret', name('link'));
  symlinkSync('/dev/zero', name('zero'));
  symlinkSync('/dev/stdin', name('stdin'));
  symlinkSync('nowhere', name('broken'));
  symlinkSync('verify-failed-loop', name('loop'));
  symlinkSync('../../../outside', name('link-to-folder'));
  linkSync(join(base, 'outside/secret'), name('hard'));
  mkdirSync(name('folder'));
  mkdirSync(name('full'));
  symlinkSync('../../../../outside', join(name('full'), 'link'));
  execFileSync('mkfifo', [name('fifo')]);
  put('verify-failed-large', '');
  truncateSync(name('large'), 256 * 1024 + 1);
  put('verify-failed-huge', '');
  truncateSync(name('huge'), 3 * 2 ** 30);
  put('verify-failed-latin', Buffer.from([0x61, 0xe4, 0x62]));
  put('verify-failed-surrogate', Buffer.from([0xed, 0xa0, 0x80]));
  put('verify-failed-edge', 'ä'.repeat(128 * 1024));
  put('verify-failed-empty', '');
  const short = mkdtempSync(join(tmpdir(), 'sock-')); // the path of a socket has room for 107 bytes
  const server = createServer().listen(join(short, 's'));
  await new Promise((resolve) => server.once('listening', resolve));
  renameSync(join(short, 's'), name('socket'));
  t.teardown(() => {
    server.close();
    rmSync(short, { recursive: true });
  });
  const isRoot = process.getuid?.() === 0;
  if (isRoot) execFileSync('mknod', [name('device'), 'c', '1', '5']);

  const claimed = await inbox.claim(root);

  t.same(namesOf(claimed).sort(), ['verify-failed-edge', 'verify-failed-empty']);
  t.same(claimed.map(({ body }) => body.length).sort(), [0, 128 * 1024]);
  const [link, special] = ['it is a symbolic link', 'it is a pipe, a socket or a device'];
  t.same(failed(), {
    'verify-failed-link': link,
    'verify-failed-zero': link,
    'verify-failed-stdin': link,
    'verify-failed-broken': link,
    'verify-failed-loop': link,
    'verify-failed-link-to-folder': link,
    'verify-failed-hard': 'it has a second name elsewhere (a hard link)',
    'verify-failed-folder': 'it is a folder',
    'verify-failed-full': 'it is a folder',
    'verify-failed-fifo': special,
    'verify-failed-socket': special,
    ...(isRoot && { 'verify-failed-device': special }),
    'verify-failed-large': 'it is larger than 256 KiB',
    'verify-failed-huge': 'it is larger than 256 KiB',
    'verify-failed-latin': 'it is not UTF-8',
    'verify-failed-surrogate': 'it is not UTF-8',
  });
  t.ok(lstatSync(at('failed/verify-failed-link')).isSymbolicLink());
  t.ok(lstatSync(at('failed/verify-failed-fifo')).isFIFO());
  t.equal(readFileSync(join(base, 'outside/secret'), 'utf8'), secret);
  t.same(readdirSync(join(base, 'outside')), ['secret']);
  t.same(namesIn(), ['failed', 'processing', 'staging']);
  t.equal(namesIn('processing').length, 2);
});

t.test('a pipe is not opened: who waits at its other end goes on waiting', async (t) => {
  const { inbox, root, at, failed } = signalWorld(t);
  execFileSync('mkfifo', [at('verify-failed-x')]);
  let hasOpened = false;
  const opened = new Promise<void>((resolve) => {
    open(at('verify-failed-x'), 'w', () => {
      hasOpened = true;
      resolve();
    });
  });

  await inbox.claim(root);

  t.same(failed(), { 'verify-failed-x': 'it is a pipe, a socket or a device' });
  t.equal(hasOpened, false);
  openSync(at('failed/verify-failed-x'), 'r');
  await opened;
});

t.test('a name that is not that of a signal is put away, whatever it is made of', async (t) => {
  const { inbox, root, at, put, failed, namesIn } = signalWorld(t);
  const kept = [
    'x~y',
    'two\nlines',
    'a\u202eb',
    'a\\..\\b',
    '%2e%2e',
    'planner-finished-X',
    '-rf',
    '__proto__',
  ];
  const more = [' ', 'ä', 'x'.repeat(190), 'planner-finished-x~01HF7YAT01GWDQVRJ3AS6GJ28P', 'reason'];
  const long = ['y'.repeat(255), 'ä'.repeat(127), `${'z'.repeat(248)}.reason`];
  for (const name of [...kept, ...more, ...long]) put(name, 'text');
  const raw = Buffer.from([0x66, 0xff, 0x0a, 0xfe, 0x7e]);
  for (const path of [raw, Buffer.concat([raw, Buffer.alloc(240, 0xff)])])
    writeFileSync(Buffer.concat([Buffer.from(`${at()}/`), path]), 'text');
  put('.hidden');
  mkdirSync(at('processing/.hidden'), { recursive: true });

  t.same(await inbox.claim(root), []);

  t.same([...new Set(Object.values(failed()))], [noSignal]);
  const names = Object.keys(failed());
  t.equal(names.length, kept.length + more.length + long.length + 2);
  for (const name of [...kept, ...more]) t.ok(names.includes(name), JSON.stringify(name));
  t.same(
    names.filter((name) => /^(yy+|ää+|zz+)$/.test(name)).map((name) => Buffer.byteLength(name)),
    [190, 190, 190],
  );
  t.same(namesIn(), ['.hidden', 'failed', 'processing', 'staging']);
  t.same(namesIn('processing'), ['.hidden']);
});

t.test(
  'what no inbox has left in processing is put away, and what one may have is judged again',
  async (t) => {
    const { inbox, root, at, failed, namesIn } = signalWorld(t);
    mkdirSync(at('processing'));
    const id = '01HF7YAT01GWDQVRJ3AS6GJ28P';
    const put = (name: string, text = '') => writeFileSync(at(`processing/${name}`), text);
    for (const name of ['planner-finished-x', `${id.toLowerCase()}~planner-finished-x`, `${id}~nothing`])
      put(name);
    for (const name of [`8${id.slice(1)}~planner-finished-x`, `${id}~${id}~planner-finished-x`, `${id}~`])
      put(name);
    symlinkSync('/etc/passwd', at(`processing/${id}~planner-finished-link`));
    mkdirSync(at(`processing/${id}~planner-finished-folder`));
    writeFileSync(
      Buffer.concat([Buffer.from(at(`processing/${id}~planner-finished-`)), Buffer.from([0xff])]),
      '',
    );
    put(`${id}~planner-finished-large`, 'x'.repeat(256 * 1024 + 1));
    put(`${id}~planner-finished-good`, 'text');

    const claimed = await inbox.claim(root);

    t.match(claimed, [{ id, plan: 'good', body: 'text' }]);
    t.equal(claimed.length, 1);
    t.same(namesIn('processing'), [`${id}~planner-finished-good`]);
    t.match(failed(), {
      'planner-finished-x': noSignal,
      [`${id}~nothing`]: noSignal,
      'planner-finished-link': 'it is a symbolic link',
      'planner-finished-folder': 'it is a folder',
      'planner-finished-large': 'it is larger than 256 KiB',
    });
    t.equal(Object.keys(failed()).length, 10);
  },
);

t.test('a name that is taken in failed stays as it is, also by a reason', async (t) => {
  const { inbox, root, put, at, failed } = signalWorld(t);
  for (const [plan, round] of Object.entries({ 'x.reason': 1, x: 1, y: 1, 'y.reason': 2 })) {
    put(`planner-finished-${plan}`, `body of ${plan}`);
    const [signal] = await inbox.claim(root);
    if (signal) await inbox.refuse(signal, `round ${round}`);
  }
  put('bad name', 'first');
  await inbox.claim(root);
  put('bad name', 'second');
  mkdirSync(at('failed/other bad name'));
  put('other bad name');
  await inbox.claim(root);

  const names = Object.keys(failed()).map((name) => name.replace(/~[0-9A-Z]{26}$/, '~'));
  t.same(names.sort(), [
    'bad name',
    'bad name~',
    'other bad name',
    'other bad name~',
    'planner-finished-x.reason',
    'planner-finished-x~',
    'planner-finished-y',
    'planner-finished-y.reason~',
  ]);
  t.equal(readFileSync(at('failed/bad name'), 'utf8'), 'first');
  t.match(failed()['other bad name'], /^no reason/, 'whose it is not gets none');
  t.equal(readFileSync(at('failed/planner-finished-x.reason'), 'utf8'), 'body of x.reason');
});

t.test('what an agent has laid in the way of a reason is no way out, and stops nothing', async (t) => {
  const { base, inbox, root, put, at, failed } = signalWorld(t);
  writeFileSync(join(base, 'outside/secret'), secret);
  mkdirSync(at('failed'));
  linkSync(join(base, 'outside/secret'), at('failed/one bad.reason.drover-new'));
  execFileSync('mkfifo', [at('failed/two bad.reason.drover-new')]);
  symlinkSync('../../../../outside/made', at('failed/three bad.reason.drover-new'));
  symlinkSync('../../../../outside/made', at('failed/four bad.reason'));
  for (const name of ['one bad', 'two bad', 'three bad', 'four bad']) put(name);

  await inbox.claim(root);

  t.equal(Object.values(failed()).filter((reason) => reason === noSignal).length, 4);
  t.equal(readFileSync(join(base, 'outside/secret'), 'utf8'), secret);
  t.same(readdirSync(join(base, 'outside')), ['secret']);
});

t.test('failed keeps the last of them, each with its reason', async (t) => {
  const { base, inbox, root, put, at, failed, namesIn } = signalWorld(t);
  writeFileSync(join(base, 'outside/secret'), secret);
  mkdirSync(at('bad folder/deep/deeper'), { recursive: true });
  symlinkSync('../../../../outside', at('bad folder/deep/link'));
  put('bad first');
  await inbox.claim(root);
  await until('the clock of the files to go on', () => {
    writeFileSync(join(base, 'now'), '');
    return lstatSync(join(base, 'now')).ctimeMs > lstatSync(at('failed/bad first.reason')).ctimeMs + 20;
  });
  for (let index = 0; index < maxFailedEntries; index += 1) put(`bad ${index}`);
  await inbox.claim(root);

  const names = Object.keys(failed());
  t.equal(names.length, maxFailedEntries);
  t.notOk(names.includes('bad first') || names.includes('bad folder'));
  t.equal(namesIn('failed').length, 2 * maxFailedEntries);

  put('planner-finished-x');
  const [signal] = await inbox.claim(root);
  if (signal) await inbox.refuse(signal, 'no');
  t.equal(namesIn('failed').length, 2 * maxFailedEntries);
  t.equal(failed()['planner-finished-x'], 'no');
  t.equal(readFileSync(join(base, 'outside/secret'), 'utf8'), secret);
});

t.test(
  'when failed is no folder, everything stays where it is, is said once, and is not given out again',
  async (t) => {
    for (const kind of ['link', 'file'] as const) {
      const { base, inbox, root, put, at, namesIn, said, failed } = signalWorld(t);
      if (kind === 'link') symlinkSync('../../../outside', at('failed'));
      else writeFileSync(at('failed'), '');
      put('bad name');
      put('planner-finished-x');
      put('planner-finished-large', 'x'.repeat(256 * 1024 + 1));

      const [signal, ...more] = await inbox.claim(root);
      t.same(more, []);
      if (signal) await inbox.refuse(signal, 'no');
      for (let round = 0; round < 3; round += 1) t.same(await inbox.claim(root), []);

      t.ok(namesIn().includes('bad name'));
      t.equal(namesIn('processing').length, 2);
      t.same(readdirSync(join(base, 'outside')), []);
      t.same(
        said.map(([message]) => message),
        ['a refused signal file cannot be put away'],
      );

      rmSync(at('failed'));
      t.same(await inbox.claim(root), []);
      t.same(namesIn('processing'), []);
      t.same(failed(), {
        'bad name': noSignal,
        'planner-finished-x': 'no',
        'planner-finished-large': 'it is larger than 256 KiB',
      });
    }
  },
);

t.test('a signal folder that is a link is refused as a whole, and said once', async (t) => {
  const names = ['planner-finished-x', 'bad name'];
  const cases = {
    '.drover': '.drover',
    '.drover/signals': drover,
    [`${drover}/processing`]: `${drover}/processing`,
  };
  for (const [what, path] of Object.entries(cases)) {
    for (const isDangling of [false, true]) {
      const { base, inbox, root, put, said } = signalWorld(t);
      for (const name of names) put(name);
      mkdirSync(join(root, drover, 'processing'));
      renameSync(join(root, path), join(base, 'outside/moved'));
      symlinkSync(join(base, isDangling ? 'nowhere' : 'outside/moved'), join(root, path));
      const before = treeOf(base);

      for (let round = 0; round < 3; round += 1) t.same(await inbox.claim(root), [], what);

      t.same(treeOf(base), before, 'nothing was moved');
      t.same(
        said.map(([message, fields]) => [message, fields.reason]),
        [['a signal folder is refused', 'link']],
      );

      rmSync(join(root, path));
      renameSync(join(base, 'outside/moved'), join(root, path));
      t.same(
        namesOf(await inbox.claim(root)),
        ['planner-finished-x'],
        'when it is a folder again, it is read',
      );
    }
  }
});
