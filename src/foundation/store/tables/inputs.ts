import type { Sql, SqlRow } from '../sql.ts';

/**
 * A line for an agent's stdin (contract §10.15). `pending` → `sending` just before the write → `sent` after it. What a
 * crash left `sending` is sent again when the protocol recognises it (`replay` safe), else it becomes `uncertain` until
 * the agent's output proves that it arrived.
 */
export type InputRow = {
  readonly key: number;
  readonly runKey: number;
  readonly inputKey: string;
  readonly line: string;
  readonly replay: 'safe' | 'unsafe';
  readonly state: 'pending' | 'sending' | 'sent' | 'uncertain';
};

const decode = (row: SqlRow): InputRow => ({
  key: Number(row.key),
  runKey: Number(row.run_key),
  inputKey: String(row.input_key),
  line: String(row.line),
  replay: row.replay as InputRow['replay'],
  state: row.state as InputRow['state'],
});

/** Queues a line; one with the same key is there already and stays as it is. */
export function insertInput(sql: Sql, row: Pick<InputRow, 'runKey' | 'inputKey' | 'line' | 'replay'>): void {
  sql.run(
    "INSERT INTO inputs (run_key, input_key, line, replay, state) VALUES (?, ?, ?, ?, 'pending') ON CONFLICT DO NOTHING",
    row.runKey,
    row.inputKey,
    row.line,
    row.replay,
  );
}

/** Lines that were not certainly written, in order. */
export function openInputs(sql: Sql, runKey: number): readonly InputRow[] {
  return sql
    .all("SELECT * FROM inputs WHERE run_key = ? AND state <> 'sent' ORDER BY key", runKey)
    .map(decode);
}

/** True when it is not known of a line of this run whether it arrived. */
export function hasUncertainInput(sql: Sql, runKey: number): boolean {
  const found = sql.get(
    "SELECT 1 AS found FROM inputs WHERE run_key = ? AND state = 'uncertain' LIMIT 1",
    runKey,
  );
  return found !== undefined;
}

/** Moves one line on. */
export function setInputState(sql: Sql, key: number, state: InputRow['state']): void {
  sql.run('UPDATE inputs SET state = ? WHERE key = ?', state, key);
}

/**
 * Marks a line as arrived by its key in the run; nothing happens when there is none. What was never begun to be written
 * cannot have arrived, whatever looks like it: OpenCode tells that a tool call goes on in the breath in which it asks.
 */
export function markInputArrived(sql: Sql, runKey: number, inputKey: string): void {
  sql.run(
    "UPDATE inputs SET state = 'sent' WHERE run_key = ? AND input_key = ? AND state != 'pending'",
    runKey,
    inputKey,
  );
}
