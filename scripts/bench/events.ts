/**
 * `node scripts/bench/events.ts`: events journaled per second through the daemon's store beside plain SQLite commits of the
 * same rows in batches of a hundred, `synchronous=FULL`, by turns. Prints the ratios.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createBus, systemClock } from '../../src/base/index.ts';
import { openStore, type Transaction } from '../../src/foundation/store/index.ts';
import { migrations } from '../../src/foundation/store/migrations.ts';

const eventCount = 20_000;
const batchSize = 100;
const rounds = 5;
const text = 'x'.repeat(300);

type Work = (folder: string) => Promise<void>;

const insert = `INSERT INTO events (seq, time, type, source, run_key, repo_id, data, file_offset, file_bytes, partial)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const plain: Work = async (folder) => {
  const db = new DatabaseSync(join(folder, 'plain.db'));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  for (const sql of migrations) db.exec(sql);
  const statement = db.prepare(insert);
  const data = JSON.stringify({ text });
  for (let seq = 1; seq <= eventCount; ) {
    db.exec('BEGIN IMMEDIATE');
    for (let index = 0; index < batchSize; index += 1, seq += 1)
      statement.run(seq, Date.now(), 'agent.notice', 'agent', null, null, data, null, null, null);
    db.exec('COMMIT');
    await new Promise((resolve) => setImmediate(resolve));
  }
  db.close();
};

const note = (tx: Transaction) => tx.event({ type: 'agent.notice', data: { text }, source: 'agent' });

/** `perWrite` events in each write, as many writes at a time as make a batch. */
const journaled =
  (perWrite: number): Work =>
  async (folder) => {
    const store = openStore({ path: join(folder, 'drover.db'), clock: systemClock, bus: createBus() });
    for (let done = 0; done < eventCount; done += batchSize) {
      const writes = Array.from({ length: batchSize / perWrite }, () =>
        store.write((tx) => {
          for (let index = 0; index < perWrite; index += 1) note(tx);
        }),
      );
      await Promise.all(writes);
    }
    await store.close();
  };

async function perSecond(work: Work): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-bench-'));
  const begun = performance.now();
  await work(folder);
  const seconds = (performance.now() - begun) / 1000;
  rmSync(folder, { recursive: true, force: true });
  return eventCount / seconds;
}

const works = {
  'plain SQLite, 100 rows a commit': plain,
  'drover, 100 events a write': journaled(batchSize),
  'drover, 100 writes at a time': journaled(1),
};
const results = new Map<string, number[]>();
for (let round = 0; round < rounds; round += 1)
  for (const [name, work] of Object.entries(works))
    results.set(name, [...(results.get(name) ?? []), await perSecond(work)]);
const median = (values: readonly number[] = []) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const base = median(results.get('plain SQLite, 100 rows a commit'));
process.stdout.write(
  `${eventCount} events of ${text.length} characters, medians of ${rounds} rounds by turns\n`,
);
for (const [name, values] of results) {
  const ratio = (median(values) / base).toFixed(2);
  process.stdout.write(`  ${name.padEnd(34)}${Math.round(median(values))} events/s, ratio ${ratio}\n`);
}
