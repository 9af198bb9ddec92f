import type { Sql } from '../sql.ts';
import { decodeRun, type RunRow } from './run-columns.ts';

/**
 * The newest run of this session of an agent. Ids are the agents' own and may meet: a run of `agent` goes first. One that
 * ended before its agent had told the session is none: it was only asked to go on with it.
 */
export function lastRunOfSession(sql: Sql, sessionId: string, agent: string | null): RunRow | undefined {
  const row = sql.get(
    `SELECT * FROM runs WHERE session_id = ? AND (ended_at IS NULL OR EXISTS (
       SELECT 1 FROM events WHERE run_key = runs.key AND type = 'run.session'
     )) ORDER BY agent = ? DESC, key DESC LIMIT 1`,
    sessionId,
    agent,
  );
  return row === undefined ? undefined : decodeRun(row);
}

/** The session that the runs in the place of this run, up to the key `before`, came to last; null when none has one. */
export function sessionOfPlace(
  sql: Sql,
  { owner, before }: { readonly owner: string; readonly before: number },
): string | null {
  const row = sql.get(
    `SELECT session_id FROM runs
     WHERE (id = ? OR place_of = ?) AND key < ? AND session_id IS NOT NULL ORDER BY key DESC LIMIT 1`,
    owner,
    owner,
    before,
  );
  return row === undefined ? null : String(row.session_id);
}

/** The run of this whole id. */
export function findRunById(sql: Sql, id: string): RunRow | undefined {
  const row = sql.get('SELECT * FROM runs WHERE id = ?', id);
  return row === undefined ? undefined : decodeRun(row);
}

/** The oldest other run that works in the place of this run; null when there is none. */
export function tenantOf(sql: Sql, owner: string): string | null {
  const row = sql.get('SELECT id FROM runs WHERE place_of = ? ORDER BY key LIMIT 1', owner);
  return row === undefined ? null : String(row.id);
}
