import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { type Clock, createBus, systemClock } from '../../src/base/index.ts';
import { AppError } from '../../src/contract/index.ts';
import { checkpointBytes } from '../../src/foundation/store/checkpoint.ts';
import {
  type CommittedEvent,
  eventsAfter,
  insertSignal,
  lastSignalOfRun,
  lingeringPlanRuns,
  listSignals,
  openStore,
  schemaVersion,
  type Transaction,
} from '../../src/foundation/store/index.ts';
import { openDatabase } from '../../src/foundation/store/open.ts';

function open(path: string, clock: Clock = systemClock) {
  const bus = createBus();
  return { bus, store: openStore({ path, clock, bus }) };
}

const note = (tx: Transaction, text: string) =>
  tx.event({ type: 'daemon.stopping', data: { reason: text }, source: 'daemon' });

t.test('all writes of one tick share one commit, and seq has no gaps', async (t) => {
  const standing = { ...systemClock, monotonic: () => 0 }; // a slow machine would make two of them
  const { store, bus } = open(join(t.testdir(), 'drover.db'), standing);
  t.teardown(() => store.close());
  const commits: number[] = [];
  const nudges: number[] = [];
  store.onCommit((events) => commits.push(events.length));
  bus.subscribe((seq) => nudges.push(seq));

  const seqs = await Promise.all([1, 2, 3].map((n) => store.write((tx) => note(tx, `${n}`))));

  t.same(seqs, [1, 2, 3]);
  t.same(commits, [3]);
  t.same(nudges, [3]);
  t.equal(store.lastSeq(), 3);
});

t.test('a write that throws takes nothing of its neighbours with it and leaves no gap', async (t) => {
  const { store } = open(join(t.testdir(), 'drover.db'));
  t.teardown(() => store.close());

  const [first, second, third] = await Promise.allSettled([
    store.write((tx) => note(tx, 'a')),
    store.write((tx) => {
      note(tx, 'lost');
      throw new AppError('run_ended', 'too late');
    }),
    store.write((tx) => note(tx, 'b')),
  ]);

  t.match(first, { status: 'fulfilled', value: 1 });
  t.match(second, { status: 'rejected', reason: { code: 'run_ended' } });
  t.match(third, { status: 'fulfilled', value: 2 });
  t.same(
    store
      .read((sql) => eventsAfter(sql, { after: 0, limit: 10, runKey: null }))
      .map((row) => [row.seq, row.data]),
    [
      [1, '{"reason":"a"}'],
      [2, '{"reason":"b"}'],
    ],
  );
});

t.test('seq goes on after closing and opening', async (t) => {
  const path = join(t.testdir(), 'drover.db');
  const before = open(path).store;
  await before.write((tx) => note(tx, 'a'));
  await before.close();

  const { store } = open(path);
  t.teardown(() => store.close());

  t.equal(store.lastSeq(), 1);
  t.equal(await store.write((tx) => note(tx, 'b')), 2);
});

t.test('a commit that cannot be written rejects as storage_failed and the store heals', async (t) => {
  const path = join(t.testdir(), 'drover.db');
  const { store } = open(path);
  t.teardown(() => store.close());
  const committed: CommittedEvent[] = [];
  store.onCommit((events) => committed.push(...events));
  await store.write((tx) => note(tx, 'first'));
  const pages = store.read((sql) => Number(sql.get('PRAGMA page_count')?.page_count));
  store.read((sql) => sql.get(`PRAGMA max_page_count = ${pages}`));

  const failures = await Promise.allSettled(
    Array.from({ length: 40 }, () => store.write((tx) => note(tx, 'x'.repeat(4000)))),
  );
  store.read((sql) => sql.get('PRAGMA max_page_count = 1000000'));
  const healed = await store.write((tx) => note(tx, 'healed'));

  const refused = failures.filter((result) => result.status === 'rejected');
  t.ok(refused.length > 0, `${refused.length} writes refused`);
  for (const result of refused) t.equal(result.status === 'rejected' && result.reason.code, 'storage_failed');
  t.ok(store.figures().failedTransactions > 0, 'counted');
  const seqs = committed.map((event) => event.seq);
  t.same(
    seqs,
    Array.from({ length: seqs.length }, (_, index) => index + 1),
    'no gap, no double',
  );
  t.equal(healed, seqs.length);
});

t.test('a newer schema is refused untouched', async (t) => {
  const path = join(t.testdir(), 'drover.db');
  await open(path).store.close();
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA user_version = ${schemaVersion + 1}`);
  db.close();
  const hash = () => createHash('sha256').update(readFileSync(path)).digest('hex');
  const before = hash();

  t.throws(() => open(path), { code: 'store_newer', exitCode: 6 });

  t.equal(hash(), before);
});

t.test('a damaged file is refused untouched, and the hint mends it', async (t) => {
  const path = join(t.testdir(), 'drover.db');
  writeFileSync(path, 'this is no database, but someone’s notes\n'.repeat(200));
  const before = readFileSync(path);

  t.throws(() => open(path), { code: 'store_corrupt', hint: /move it aside/ });

  t.same(readFileSync(path), before);
  t.notOk(existsSync(`${path}-wal`));
});

t.test('writes after close reject, writes before it are kept', async (t) => {
  const path = join(t.testdir(), 'drover.db');
  const { store } = open(path);

  const kept = store.write((tx) => note(tx, 'kept'));
  await store.close();

  t.equal(await kept, 1);
  await t.rejects(
    store.write((tx) => note(tx, 'late')),
    { message: /closed/ },
  );
});

t.test('a commit on macOS was only in the cache of the disk', async (t) => {
  const db = openDatabase(join(t.testdir(), 'drover.db'));
  t.teardown(() => db.close());

  for (const name of ['fullfsync', 'checkpoint_fullfsync'])
    t.match(db.prepare(`PRAGMA ${name}`).get(), { [name]: 1 });
  t.match(db.prepare('PRAGMA synchronous').get(), { synchronous: 2 });
});

t.test('the write-ahead log is copied back in turns of its own and begins anew', async (t) => {
  const path = join(t.testdir(), 'drover.db');
  const { store } = open(path);
  t.teardown(() => store.close());
  const text = 'x'.repeat(500_000);
  const sizes: number[] = [];

  for (let index = 0; index < 60; index += 1) {
    await store.write((tx) => note(tx, text));
    sizes.push(statSync(`${path}-wal`).size);
  }

  const most = Math.max(...sizes);
  t.ok(most > checkpointBytes && most < 2 * checkpointBytes, `${most} bytes at most`);
  t.ok(
    sizes.some((size, index) => size < (sizes[index - 1] ?? 0)),
    'it shrank',
  );
});

t.test('looking for old answers of idempotency read every one that is kept', async (t) => {
  const { store } = open(join(t.testdir(), 'drover.db'));
  t.teardown(() => store.close());

  const plan = store.read((sql) =>
    sql.all('EXPLAIN QUERY PLAN DELETE FROM idempotency WHERE created_at <= ?', 0),
  );

  t.match(plan[0]?.detail, /^SEARCH idempotency USING .*INDEX idempotency_by_age/);
});

t.test('looking for runs that live on read every run that has ever spoken', async (t) => {
  const { store } = open(join(t.testdir(), 'drover.db'));
  t.teardown(() => store.close());

  const plan = store.read((sql) => {
    let asked = '';
    const all = (text: string) => {
      asked = text;
      return [];
    };
    lingeringPlanRuns({ ...sql, all }, 0);
    return sql.all(`EXPLAIN QUERY PLAN ${asked}`, 0);
  });

  t.match(plan[0]?.detail, /^SCAN runs USING .*INDEX runs_live/);
  t.match(plan[1]?.detail, /^SEARCH plan_runs USING .*run_id=/);
});

t.test('a clock that was set back made an older receipt the newest', async (t) => {
  const { store } = open(join(t.testdir(), 'drover.db'));
  t.teardown(() => store.close());
  const said = { repoId: 'repo_1', planKey: 1, planName: 'auth', wave: 1, task: 1, source: 'file' } as const;
  const from = { ...said, runId: 'run_1', event: 'task_finished', reason: null } as const;
  const stored = [
    { id: '9', status: 'failed', body: 'first' },
    { id: '5', status: 'done', body: 'second' },
    { id: '7', status: 'failed', body: 'third' },
    { id: '1', status: 'done', body: 'last' },
  ] as const;
  await store.write((tx) => {
    for (const [at, row] of stored.entries()) insertSignal(tx, { ...from, ...row, receivedAt: 100 - at });
  });
  const page = (more: object) => {
    const filter = { repoId: 'repo_1', planKey: null, status: null, before: null, limit: 2, ...more };
    return store.read((sql) => listSignals(sql, filter)).map(({ body }) => body);
  };
  const last = (status: 'done' | 'failed') =>
    store.read((sql) => lastSignalOfRun(sql, { planKey: 1, runId: 'run_1', status }))?.body;

  t.same(page({}), ['last', 'third']);
  t.same(page({ before: '7' }), ['second', 'first']);
  t.same(page({ planKey: 1, status: 'failed', limit: 0 }), ['third', 'first']);
  t.equal(last('done'), 'last');
  t.equal(last('failed'), 'third');
});
