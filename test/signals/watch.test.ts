import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createSignalWatch, type SignalWatchOptions } from '../../src/domain/signals/index.ts';
import { identifyUntrusted, watchUntrusted } from '../../src/foundation/untrusted/index.ts';
import { drover, folderOf, keepingLog, signalWorld } from '../support/signal-folder.ts';
import { until } from '../support/until.ts';

type Door = NonNullable<SignalWatchOptions['door']>;
type Folder = Pick<ReturnType<typeof folderOf>, 'put' | 'namesIn'>;

function setUp(t: Test, door?: Partial<Door>) {
  const told: string[] = [];
  const { log, said } = keepingLog();
  const counts = { watched: 0, closed: 0, looks: 0 };
  const watch: Door['watch'] = async (...args) => {
    const result = await watchUntrusted(...args);
    if (!result.ok) return result;
    counts.watched += 1;
    const close = () => {
      counts.closed += 1;
      result.watch.close();
    };
    return { ok: true, watch: { ...result.watch, close } };
  };
  const identify: Door['identify'] = (...args) => {
    counts.looks += 1;
    return identifyUntrusted(...args);
  };
  let seen = (_root: string) => {};
  const signals = createSignalWatch({
    log,
    onChange: (root) => {
      told.push(root);
      seen(root);
    },
    door: { watch, identify, ...door },
  });
  t.teardown(() => signals.close());
  let files = 0;
  /** Puts a signal into the folder of `root`, and waits until a change is told when it is there to be claimed. */
  const tellsOf = async (root: string, { put, namesIn }: Folder) => {
    const name = `planner-finished-p${files++}`;
    let isTold = false;
    seen = (other) => {
      isTold ||= other === root && namesIn().includes(name);
    };
    put(name);
    await until(`${name} in ${root} to be told`, () => isTold);
  };
  const open = () => counts.watched - counts.closed;
  return { signals, told, said, counts, open, tellsOf };
}

t.test('each signal that is renamed into a folder is told', async (t) => {
  const world = signalWorld(t);
  const { signals, told, said, open, tellsOf } = setUp(t);
  signals.watch(world.root);
  signals.watch(world.root);

  for (let round = 0; round < 5; round += 1) await tellsOf(world.root, world);

  t.same(new Set(told), new Set([world.root]));
  t.same(said, []);
  await until('one watch for each folder, or the way to it', () => open() === 2);
});

t.test('what is there already is told at once', async (t) => {
  const { root, put } = signalWorld(t);
  put('planner-finished-x');
  const { signals, told } = setUp(t);

  signals.watch(root);

  t.ok(await until('it to be told', () => told.includes(root)));
});

t.test('a folder that comes later is told without any look, in either place', async (t) => {
  const { base } = signalWorld(t);
  const root = join(base, 'outside');
  const { signals, told, counts, open, tellsOf } = setUp(t);
  signals.watch(root);
  await until('the way to both to be watched', () => open() === 2 && counts.looks >= 4);
  t.same(told, []);

  for (const path of ['.kasmos/signals', drover]) {
    const folder = folderOf(root, path);
    await tellsOf(root, folder);
    await tellsOf(root, folder);
  }
  await until('one watch for each', () => open() === 2);
});

t.test('a folder whose parts come and go at every moment is told in the end', async (t) => {
  const { root, at, ...folder } = signalWorld(t);
  const { signals, open, tellsOf } = setUp(t);
  signals.watch(root);
  for (let round = 0; round < 16; round += 1) {
    rmSync(round % 2 === 0 ? at() : join(root, '.drover'), { recursive: true, force: true });
    for (let turn = 0; turn < 2 * round; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await tellsOf(root, folder);
  }
  t.ok(await until('one watch for each', () => open() === 2));
});

t.test('a root that comes later is found by the next look', async (t) => {
  const { base } = signalWorld(t);
  const root = join(base, 'later');
  const { signals, told, tellsOf } = setUp(t);
  signals.watch(root);
  await signals.look(() => false);
  t.same(told, []);
  const folder = folderOf(root, drover);
  folder.put('planner-finished-a');
  await signals.look(() => false);
  t.same(told, [root]);
  await tellsOf(root, folder);
});

t.test('a folder that was removed and made again is watched again', async (t) => {
  const { root, base, at, ...folder } = signalWorld(t);
  const { signals, open, tellsOf } = setUp(t);
  signals.watch(root);
  const away = {
    signals: () => rmSync(at(), { recursive: true }),
    '.drover': () => rmSync(join(root, '.drover'), { recursive: true }),
    root: () => rmSync(root, { recursive: true }),
    'signals, renamed': () => renameSync(at(), join(base, 'renamed-1')),
    '.drover, renamed': () => renameSync(join(root, '.drover'), join(base, 'renamed-2')),
    'root, renamed': () => renameSync(root, join(base, 'renamed-3')),
  };
  for (const [what, remove] of Object.entries(away)) {
    await tellsOf(root, folder);
    remove();
    folder.put('planner-finished-new');
    await signals.look();

    for (let round = 0; round < 3; round += 1) await tellsOf(root, folder);
    await until(`one watch after: ${what}`, () => open() === 2);
    t.pass(what);
  }
});

t.test('only the roots that are watched are told of', async (t) => {
  const { root, base, ...folder } = signalWorld(t);
  const [other, otherFolder] = [join(base, 'outside'), folderOf(join(base, 'outside'))];
  otherFolder.put('planner-finished-a');
  const { signals, told, open, tellsOf } = setUp(t);
  for (const path of [root, other, join(base, 'nowhere')]) signals.watch(path);
  await tellsOf(root, folder);
  await tellsOf(other, otherFolder);

  signals.unwatch(root);
  signals.unwatch(join(base, 'never'));
  const before = told.length;
  folder.put('planner-finished-b');
  for (let round = 0; round < 3; round += 1) await tellsOf(other, otherFolder);

  t.notOk(told.slice(before).includes(root));
  await until('one watch for each place', () => open() === 2);
  signals.close();
  signals.close();
  t.equal(open(), 0, 'nothing is left open');
  await signals.look();
  t.equal(open(), 0);
});

t.test('what is closed while it begins to watch is closed', async (t) => {
  const { root } = signalWorld(t);
  let identify = () => {};
  const begun = new Promise<void>((resolve) => {
    identify = resolve;
  });
  const { signals, told, counts, open } = setUp(t, {
    identify: async (...args) => {
      await begun;
      return identifyUntrusted(...args);
    },
  });
  signals.watch(root);
  await new Promise((resolve) => setImmediate(resolve));
  signals.unwatch(root);
  identify();

  t.ok(await until('what was watched to be closed', () => counts.watched === 2 && open() === 0));
  t.same(told, []);
});

t.test('no link is followed: what happens behind it is not told', async (t) => {
  for (const path of ['.drover', drover]) {
    const { root, base } = signalWorld(t);
    const outside = folderOf(join(base, 'outside'));
    outside.put('planner-finished-a');
    rmSync(join(root, path), { recursive: true });
    symlinkSync(join(base, 'outside', path), join(root, path));
    const [other, otherFolder] = [join(base, 'other'), folderOf(join(base, 'other'))];
    otherFolder.put('planner-finished-a');
    const { signals, told, tellsOf } = setUp(t);
    signals.watch(root);
    signals.watch(other);
    await signals.look();

    outside.put('planner-finished-b');
    for (let round = 0; round < 3; round += 1) await tellsOf(other, otherFolder);
    await signals.look();

    t.same(new Set(told), new Set([other]));
  }
});

t.test('when nothing can be watched, it is said once and each look tells', async (t) => {
  const { root, base } = signalWorld(t);
  const other = join(base, 'outside');
  folderOf(other).put('planner-finished-a');
  const { signals, told, said } = setUp(t, { watch: async () => ({ ok: false, reason: 'unwatchable' }) });
  signals.watch(root);
  signals.watch(other);

  for (let look = 0; look < 3; look += 1) {
    const before = told.length;
    await signals.look();
    t.same(new Set(told.slice(before)), new Set([root, other]));
  }
  t.equal(said.length, 1);
});

t.test('a flood is told of a few times, and what comes last is told', async (t) => {
  const { root, at, ...folder } = signalWorld(t);
  const { signals, told, tellsOf } = setUp(t);
  signals.watch(root);
  await tellsOf(root, folder);
  const before = told.length;
  for (let index = 0; index < 3000; index += 1) {
    writeFileSync(at(`flood-${index}`), '');
    if (index % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  await tellsOf(root, folder);

  t.ok(told.length - before < 300, `${told.length - before} times for 3001 files`);
});

t.test('a listener that throws stops nothing', async (t) => {
  const { root, put } = signalWorld(t);
  const { log, said } = keepingLog();
  const onChange = () => {
    throw new Error('not now');
  };
  const signals = createSignalWatch({ log, onChange });
  t.teardown(() => signals.close());
  signals.watch(root);
  await signals.look();
  await until('the first to be thrown', () => said.length > 0);

  put('planner-finished-a');

  await until('the next to be thrown', () => said.length > 1);
  t.match(said.at(-1), ['a change of signals was not taken', { root }]);
});

t.test('a look opens nothing and tells nothing of what is the same, and skips what is not due', async (t) => {
  const { base } = signalWorld(t);
  const { signals, told, counts, open } = setUp(t);
  for (let index = 0; index < 200; index += 1) {
    const root = join(base, `root-${index}`);
    mkdirSync(join(root, index % 2 === 0 ? drover : '.other'), { recursive: true });
    signals.watch(root);
  }
  await until('each to be watched', () => told.length === 100 && open() === 400);
  await signals.look();
  const before = { ...counts, told: told.length };

  await signals.look();
  t.same({ ...counts, told: told.length }, { ...before, looks: before.looks + 400 });
  await signals.look((root) => root.endsWith('root-7'));
  await signals.look(() => false);
  t.same({ ...counts, told: told.length }, { ...before, looks: before.looks + 402 });
});

t.test('a root that hangs delays itself alone, and is not looked at again meanwhile', async (t) => {
  const { root, base } = signalWorld(t);
  const other = join(base, 'outside');
  let goOn = () => {};
  const stuck = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const looks: string[] = [];
  const { signals } = setUp(t, {
    identify: async (at, folder) => {
      looks.push(at);
      if (at === root) await stuck;
      return identifyUntrusted(at, folder);
    },
  });
  signals.watch(root);
  signals.watch(other);
  const looked: string[] = [];
  for (let round = 1; round <= 3; round += 1) {
    const look = signals.look(
      () => true,
      (at) => looked.push(at),
    );
    await until('the other to be looked at', () => looked.length === round);
    if (round > 1) await look;
  }
  t.same(looked, [other, other, other]);
  t.equal(looks.filter((at) => at === root).length, 2, 'when it was new, each folder of it');

  goOn();
  await until('it to be looked at', () => looked.includes(root));
});
