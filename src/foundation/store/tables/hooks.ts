import type { Sql, SqlRow } from '../sql.ts';

/** A row of `hooks`: how far a hook has come in the journal. */
export type HookRow = {
  readonly key: string;
  /** Everything up to it was delivered, given up, or is not for this hook. */
  readonly seq: number;
  /** Failed tries of the event `failedSeq`, as long as there will be another one. */
  readonly attempts: number;
  readonly dueAt: number;
  /** The event whose last try failed, and why; null once something was delivered. */
  readonly failedSeq: number | null;
  readonly error: string | null;
};

const decode = (row: SqlRow): HookRow => ({
  key: String(row.key),
  seq: Number(row.seq),
  attempts: Number(row.attempts),
  dueAt: Number(row.due_at),
  failedSeq: row.failed_seq as number | null,
  error: row.error as string | null,
});

/** Every hook that is known. */
export function listHooks(sql: Sql): readonly HookRow[] {
  return sql.all('SELECT * FROM hooks').map(decode);
}

/** Makes a hook that begins after `seq`; one that is there stays as it is. */
export function insertHook(sql: Sql, { key, seq }: Pick<HookRow, 'key' | 'seq'>): void {
  sql.run(
    'INSERT INTO hooks (key, seq, attempts, due_at) VALUES (?, ?, 0, 0) ON CONFLICT (key) DO NOTHING',
    key,
    seq,
  );
}

/** Writes down how far a hook is now; nothing where it was forgotten meanwhile. */
export function updateHook(sql: Sql, row: HookRow): void {
  sql.run(
    'UPDATE hooks SET seq = ?, attempts = ?, due_at = ?, failed_seq = ?, error = ? WHERE key = ?',
    row.seq,
    row.attempts,
    row.dueAt,
    row.failedSeq,
    row.error,
    row.key,
  );
}

/** Forgets a hook. */
export function deleteHook(sql: Sql, key: string): void {
  sql.run('DELETE FROM hooks WHERE key = ?', key);
}
