/**
 * Random things in signal folders, some of them signals, claimed by inboxes that forget all at random moments.
 * `DROVER_TEST_FULL=1` lays 20,000; `DROVER_TEST_SEED` repeats a run.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { silentLog, systemClock } from '../../src/base/index.ts';
import { type ClaimedSignal, createInbox } from '../../src/domain/signals/index.ts';
import { createLayer, type LaidItem, type SignalKind, signalKinds } from '../support/hostile-signals.ts';
import { createRandom } from '../support/random.ts';
import { drover, folderOf, signalWorld, treeOf } from '../support/signal-folder.ts';
import { startSwapping } from '../support/swapping.ts';

t.setTimeout(240_000);

const total = process.env.DROVER_TEST_FULL === '1' ? 20_000 : 2000;
/** Fewer than `failed/` keeps. */
const batch = 100;
const secret = 'the secret outside';
const random = createRandom();
t.comment(`DROVER_TEST_SEED=${random.seed}`);

const fatesOf = (items: readonly LaidItem[], fate: string) =>
  items.filter(({ kind }) => signalKinds[kind] === fate);
/** The name that a signal had when it was laid. */
const nameOf = ({ kind, name }: LaidItem) => name.toString().slice(kind === 'left in processing' ? 27 : 0);

/** Claims until nothing comes any more, while more is laid, answers at random, and forgets all now and then. */
async function claimAll(root: string, lay: () => Promise<boolean>) {
  const open = () =>
    createInbox({
      clock: systemClock,
      log: silentLog,
      findTracked: async () => [],
      limit: 1 + random.below(60),
    });
  const given = new Map<string, ClaimedSignal>();
  const answered = new Set<string>();
  const tally = { refused: 0, again: 0, twice: 0, restarts: 0 };
  let inbox = open();
  let held = new Set<string>();
  for (let idle = 0; idle < 2; ) {
    const isMore = await lay();
    const claims = await Promise.all(Array.from({ length: 1 + random.below(3) }, () => inbox.claim(root)));
    const claimed = claims.flat();
    for (const signal of claimed) {
      if (held.has(signal.id) || answered.has(signal.id)) tally.twice += 1;
      if (given.has(signal.id)) tally.again += 1;
      held.add(signal.id);
      given.set(signal.id, signal);
    }
    for (const signal of claimed) {
      const what = random.below(10);
      if (what === 0) continue; // it is forgotten when the inbox is
      if (what < 4) {
        tally.refused += 1;
        await inbox.refuse(signal, 'refused\nat random');
      } else await inbox.done(signal);
      answered.add(signal.id);
    }
    const isForgotten = held.size > answered.size && (claimed.length === 0 || random.below(4) === 0);
    if (isForgotten || random.below(10) === 0) {
      inbox = open();
      held = new Set(answered);
      tally.restarts += 1;
    }
    idle = claimed.length === 0 && !isMore && !isForgotten ? idle + 1 : 0;
  }
  return { given: [...given.values()], answered, ...tally };
}

t.test(`of ${total} things each signal is given out once, and all else is put away`, async (t) => {
  const base = realpathSync(t.testdir({ outside: { secret, folder: { secret } } }));
  const outside = join(base, 'outside');
  const short = mkdtempSync(join(tmpdir(), 's-'));
  t.teardown(() => rmSync(short, { recursive: true }));
  const before = treeOf(outside);
  const counts = new Map<SignalKind, number>();
  const tally = { claimed: 0, failed: 0, again: 0, restarts: 0 };
  let slowestMs = 0;

  for (let laid = 0; laid < total; laid += batch) {
    const root = join(base, 'root');
    const folder = folderOf(root);
    const layer = createLayer(random, { signals: folder.at(), outside, short });
    const items: LaidItem[] = [...(await layer.lay(batch / 2))];
    const started = performance.now();
    const result = await claimAll(root, async () => {
      if (items.length === batch) return false;
      items.push(...(await layer.lay(batch / 10)));
      return true;
    });
    slowestMs = Math.max(slowestMs, performance.now() - started);
    for (const { kind } of items) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    tally.claimed += result.given.length;
    tally.again += result.again;
    tally.restarts += result.restarts;
    tally.failed += judge({ t, items, result, folder });
    rmSync(root, { recursive: true });
  }

  t.same(treeOf(outside), before, 'nothing outside was touched');
  t.comment(JSON.stringify({ ...tally, slowestMs: Math.round(slowestMs), ...Object.fromEntries(counts) }));
  for (const kind of Object.keys(signalKinds) as SignalKind[]) {
    if (kind === 'device' && process.getuid?.() !== 0) continue; // only root can make one
    t.ok((counts.get(kind) ?? 0) > 0, kind);
  }
  t.ok(tally.claimed > 0 && tally.failed > 0 && tally.again > 0 && tally.restarts > 0);
});

/** Compares a batch with what came of it, failing only where they differ; the number of what was put away. */
function judge(batch: {
  readonly t: Test;
  readonly items: readonly LaidItem[];
  readonly result: Awaited<ReturnType<typeof claimAll>>;
  readonly folder: ReturnType<typeof folderOf>;
}): number {
  const { t, items, result, folder } = batch;
  const same = (found: unknown, wanted: unknown, what: string) => {
    if (JSON.stringify(found) !== JSON.stringify(wanted)) t.same(found, wanted, what);
  };
  const said = (name: string, body: string) => `${name}\0${body}`;
  same(
    result.given.map(({ file, body }) => said(file.slice(27), body)).sort(),
    fatesOf(items, 'claimed')
      .map((item) => said(nameOf(item), item.body))
      .sort(),
    'each signal, with what it says, once',
  );
  same(result.twice, 0, 'none was given out twice by one inbox');
  same(result.answered.size, result.given.length, 'each was answered');
  for (const item of items.filter(({ kind }) => kind === 'left in processing'))
    if (!result.given.some(({ file }) => file === item.name.toString()))
      t.fail(`another id than it had: ${item.name}`);

  const failed = folder.failed();
  const malformed = Object.entries(failed).filter(([, reason]) => !/^(it|its|refused) /.test(reason));
  same(malformed, [], 'each has its reason');
  same(Object.keys(failed).length, fatesOf(items, 'failed').length + result.refused, 'what is put away');
  const ignored = fatesOf(items, 'ignored').map(({ name }) => name.toString());
  const ours = ['failed', 'processing', 'staging'];
  same(folder.namesIn(), [...ignored.filter((name) => name.startsWith('.')), ...ours].sort(), 'what is left');
  same(folder.namesIn('processing'), [], 'nothing is left in processing');
  same(
    folder.namesIn('staging'),
    ignored.filter((name) => !name.startsWith('.')).sort(),
    'staging is left alone',
  );
  return Object.keys(failed).length;
}

t.test('folders swapped for links at any moment lead nowhere', async (t) => {
  for (const path of ['.drover', drover, `${drover}/processing`, `${drover}/failed`]) {
    const { base, inbox, root, put, at } = signalWorld(t);
    for (const folder of ['processing', 'failed']) mkdirSync(at(folder));
    const trap = join(base, 'outside');
    for (const folder of ['', 'signals', 'processing', 'failed', 'signals/processing', 'signals/failed']) {
      mkdirSync(join(trap, folder), { recursive: true });
      for (const name of ['planner-finished-outside', 'bad outside', 'bad 1', 'planner-finished-p1'])
        writeFileSync(join(trap, folder, name), secret);
    }
    const before = treeOf(trap);
    symlinkSync(trap, join(base, 'trap'));
    const swapping = startSwapping(join(root, path), { trap: join(base, 'trap'), base, random });
    const given = new Map<string, string>();
    const names: string[] = [];
    for (let round = 0; round < 25; round += 1) {
      swapping.pause(() => {
        names.push(`planner-finished-p${round}`);
        put(`planner-finished-p${round}`, 'inside');
        put(`bad ${round}`);
      });
      for (const signal of await inbox.claim(root)) {
        given.set(signal.id, signal.file.slice(27));
        if (signal.body !== 'inside') t.fail(`read from outside: ${signal.file}`);
        await (round % 2 === 0 ? inbox.done(signal) : inbox.refuse(signal, 'no'));
      }
    }
    const swaps = swapping.stop();
    for (const signal of await inbox.claim(root)) {
      given.set(signal.id, signal.file.slice(27));
      await inbox.done(signal);
    }

    t.same(treeOf(trap), before, `${path}: nothing outside was touched`);
    t.ok(swaps > 50, `${swaps} swaps`);
    t.same([...given.values()].sort(), names.sort(), 'each signal came under one id');
  }
});
