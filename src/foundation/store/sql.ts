import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/** Values that SQLite stores. */
export type SqlValue = string | number | null;

/** A row as SQLite gives it. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** Statements by their text, prepared once and kept. */
export type Sql = {
  readonly get: (sql: string, ...values: readonly SqlValue[]) => SqlRow | undefined;
  readonly all: (sql: string, ...values: readonly SqlValue[]) => readonly SqlRow[];
  /** Row by row: what is not asked for is not read. */
  readonly iterate: (sql: string, ...values: readonly SqlValue[]) => Iterable<SqlRow>;
  /** Returns how many rows were changed and the rowid of the last insert. */
  readonly run: (
    sql: string,
    ...values: readonly SqlValue[]
  ) => { readonly changes: number; readonly rowid: number };
  /** One or more statements without values or results. */
  readonly exec: (sql: string) => void;
};

/** Wraps a connection. SQL text comes from code alone; values are always bound. */
export function createSql(db: DatabaseSync): Sql {
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    let found = prepared.get(sql);
    if (found === undefined) {
      found = db.prepare(sql);
      prepared.set(sql, found);
    }
    return found;
  };
  const bind = (values: readonly SqlValue[]) => values as readonly SQLInputValue[];
  return {
    get: (sql, ...values) => statement(sql).get(...bind(values)) as SqlRow | undefined,
    all: (sql, ...values) => statement(sql).all(...bind(values)) as readonly SqlRow[],
    iterate: (sql, ...values) => statement(sql).iterate(...bind(values)) as Iterable<SqlRow>,
    run: (sql, ...values) => {
      const done = statement(sql).run(...bind(values));
      return { changes: Number(done.changes), rowid: Number(done.lastInsertRowid) };
    },
    exec: (sql) => db.exec(sql),
  };
}
