import type { Clock } from '../../base/index.ts';
import { AppError } from '../../contract/index.ts';
import {
  deleteOldIdempotency,
  findIdempotency,
  insertIdempotency,
  type Store,
  type Transaction,
} from '../../foundation/store/index.ts';
import type { IdempotencyWrite, Services } from '../../http/index.ts';

/** How long an answer is kept (contract §10.11). */
export const idempotencyKeptMs = 86_400_000;

/** Answers by Idempotency-Key: what is in flight in memory, what is answered in the store. */
export function createIdempotency(store: Store, clock: Clock): Services['idempotency'] {
  const inFlight = new Set<string>();
  const idOf = (key: string, method: string, path: string) => JSON.stringify([key, method, path]);
  return {
    begin: (key, method, path) => {
      const id = idOf(key, method, path);
      if (inFlight.has(id)) {
        throw new AppError(
          'idempotency_in_flight',
          `A request with the Idempotency-Key '${key}' is being worked on`,
          { hint: 'wait for its answer, then ask again' },
        );
      }
      inFlight.add(id);
    },
    find: async (key, method, path, bodyHash) => {
      const found = store.read((sql) =>
        findIdempotency(sql, { key, method, path }, clock.now() - idempotencyKeptMs),
      );
      if (found === undefined) return null;
      if (found.bodyHash !== bodyHash) {
        throw new AppError(
          'idempotency_mismatch',
          `The Idempotency-Key '${key}' was used with another body`,
          { hint: 'use a new key for a new request' },
        );
      }
      return { status: found.status, body: found.body };
    },
    end: (key, method, path) => {
      inFlight.delete(idOf(key, method, path));
    },
  };
}

/** Stores the answer in the transaction of the effect that it answers for. */
export function storeAnswer(
  tx: Transaction,
  write: IdempotencyWrite,
  resource: Parameters<IdempotencyWrite['answer']>[0],
): void {
  const { status, body } = write.answer(resource);
  deleteOldIdempotency(tx, tx.now - idempotencyKeptMs);
  insertIdempotency(tx, {
    key: write.key,
    method: write.method,
    path: write.path,
    bodyHash: write.bodyHash,
    status,
    body,
    createdAt: tx.now,
  });
}
