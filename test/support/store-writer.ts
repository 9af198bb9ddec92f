/**
 * Writes to a store until it is killed: `node store-writer.ts DB FIRST`. Each write inserts an event and an answer with
 * the same number, from FIRST on; a number is printed once its promise has resolved.
 */
import { writeSync } from 'node:fs';
import { createBus, systemClock } from '../../src/base/index.ts';
import { insertIdempotency, openStore } from '../../src/foundation/store/index.ts';

const [path = '', first = '1'] = process.argv.slice(2);
const store = openStore({ path, clock: systemClock, bus: createBus() });
let number = Number(first);

async function write(): Promise<void> {
  const mine = number;
  number += 1;
  await store.write((tx) => {
    tx.event({ type: 'daemon.stopping', data: { reason: `${mine}` }, source: 'daemon' });
    const answer = { method: 'POST', path: '/', bodyHash: '', status: 201, body: 'x'.repeat(mine % 3000) };
    insertIdempotency(tx, { key: `${mine}`, ...answer, createdAt: tx.now });
  });
  writeSync(1, `${mine}\n`);
}

for (;;) await Promise.all(Array.from({ length: 1 + (number % 7) }, write)); // groups of one to seven
