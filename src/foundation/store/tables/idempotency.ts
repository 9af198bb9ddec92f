import type { Sql } from '../sql.ts';

/** A stored answer to a POST with an Idempotency-Key: kept per key, method and path. */
export type IdempotencyRow = {
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly bodyHash: string;
  readonly status: number;
  readonly body: string;
  readonly createdAt: number;
};

/** Stores an answer; called in the transaction of the effect that it answers for. */
export function insertIdempotency(sql: Sql, row: IdempotencyRow): void {
  sql.run(
    'INSERT INTO idempotency (key, method, path, body_hash, status, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    row.key,
    row.method,
    row.path,
    row.bodyHash,
    row.status,
    row.body,
    row.createdAt,
  );
}

/** The stored answer that was made after `since`, if any. */
export function findIdempotency(
  sql: Sql,
  id: Pick<IdempotencyRow, 'key' | 'method' | 'path'>,
  since: number,
): Pick<IdempotencyRow, 'bodyHash' | 'status' | 'body'> | undefined {
  const row = sql.get(
    'SELECT body_hash, status, body FROM idempotency WHERE key = ? AND method = ? AND path = ? AND created_at > ?',
    id.key,
    id.method,
    id.path,
    since,
  );
  if (row === undefined) return undefined;
  return { bodyHash: String(row.body_hash), status: Number(row.status), body: String(row.body) };
}

/** Removes answers made before `until`. */
export function deleteOldIdempotency(sql: Sql, until: number): void {
  sql.run('DELETE FROM idempotency WHERE created_at <= ?', until);
}
