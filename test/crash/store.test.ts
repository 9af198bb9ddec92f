import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { createBus, systemClock } from '../../src/base/index.ts';
import { eventsAfter, openStore } from '../../src/foundation/store/index.ts';
import { createRandom } from '../support/random.ts';

const writer = fileURLToPath(new URL('../support/store-writer.ts', import.meta.url));

/** Kills a writer with -9 some time after its first write; returns the numbers that it said were stored. */
function killWriter(path: string, { first, afterMs }: { first: number; afterMs: number }): Promise<number[]> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [writer, path, `${first}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (said === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
      said += chunk.toString();
    });
    child.once('close', () => resolve(said.split('\n').slice(0, -1).map(Number)));
  });
}

t.test(
  'kill -9 of a writer at any instant leaves a prefix: all that was acknowledged, nothing by half',
  async (t) => {
    const random = createRandom();
    t.comment(`DROVER_TEST_SEED=${random.seed}`);
    const path = join(t.testdir(), 'drover.db');
    let kills = 0;
    let stored = 0;
    let acknowledged = 0;

    for (; kills < 20; kills += 1) {
      const said = await killWriter(path, { first: stored + 1, afterMs: random.below(60) });
      const store = openStore({ path, clock: systemClock, bus: createBus() });
      const rows = store.read((sql) => eventsAfter(sql, { after: 0, limit: 1_000_000, runKey: null }));
      const answers = store.read((sql) =>
        sql.all('SELECT CAST(key AS INTEGER) AS n FROM idempotency ORDER BY n'),
      );
      const check = store.read((sql) => sql.get('PRAGMA integrity_check'));
      const lastSeq = store.lastSeq();
      await store.close();

      const wanted = Array.from({ length: rows.length }, (_, index) => index + 1);
      t.strictSame(
        rows.map((row) => row.seq),
        wanted,
        'seq without a gap',
      );
      t.strictSame(
        rows.map((row) => JSON.parse(row.data ?? '{}').reason),
        wanted.map(String),
        'a prefix, in order',
      );
      t.strictSame(
        answers.map((row) => row.n),
        wanted,
        'an event and what it tells of are stored together',
      );
      t.equal(lastSeq, rows.length);
      t.same(check, { integrity_check: 'ok' });
      t.ok((said.at(-1) ?? 0) <= rows.length, `${said.at(-1)} acknowledged, ${rows.length} stored`);
      acknowledged += said.length;
      stored = rows.length;
    }

    t.ok(
      kills >= 20 && acknowledged > 100,
      `${kills} kills, ${acknowledged} acknowledged writes, ${stored} stored`,
    );
  },
);
