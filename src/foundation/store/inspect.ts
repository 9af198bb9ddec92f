import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../contract/index.ts';
import { schemaVersion } from './migrations.ts';
import { explainSqliteError } from './open.ts';

/** What a look at the database found. */
export type StoreInspection = {
  readonly schema: number;
  /** What SQLite's own check complains of; null when the database is too large to be read whole. */
  readonly problems: readonly string[] | null;
  readonly bytes: number;
  readonly walBytes: number;
  readonly events: number;
  readonly newestEventAt: number | null;
  /** Every run: whether a launcher was ever started for it, and whether it has ended. */
  readonly runs: readonly { readonly id: string; readonly isStarted: boolean; readonly isEnded: boolean }[];
  readonly endedOutputBytes: number;
  readonly repos: readonly { readonly id: string; readonly path: string; readonly project: string }[];
  /** When the daemon last read its configuration, and the keys that wait for a restart since. */
  readonly config: { readonly readAt: number | null; readonly needsRestart: readonly string[] };
};

const busyTimeoutMs = 2000;
const maxProblems = 5;

/**
 * Looks at the database of a daemon that may be running, as one more reader: nothing is written, and a schema of any
 * age is left as it is. Throws `store_corrupt`, `store_newer` or `storage_failed`.
 */
export function inspectStore(path: string, options: { readonly maxCheckBytes: number }): StoreInspection {
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const bytes = sizeOf(path);
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
    try {
      const all = (sql: string) => db.prepare(sql).all() as Record<string, unknown>[];
      const one = (sql: string) => Number(Object.values(db.prepare(sql).get() ?? {})[0] ?? 0);
      const schema = one('PRAGMA user_version');
      if (schema > schemaVersion) throw newer(path, schema);
      const check = bytes > options.maxCheckBytes ? null : all(`PRAGMA quick_check(${maxProblems})`);
      const problems =
        check?.map((row) => String(Object.values(row)[0])).filter((line) => line !== 'ok') ?? null;
      const empty = { schema, problems, bytes, walBytes: sizeOf(`${path}-wal`) };
      if (schema === 0 || (problems !== null && problems.length > 0)) return { ...empty, ...nothing };
      return {
        ...empty,
        events: one('SELECT count(*) FROM events'),
        newestEventAt: one('SELECT max(time) FROM events') || null,
        runs: all('SELECT id, launched_by, ended_at FROM runs').map((row) => ({
          id: String(row.id),
          isStarted: row.launched_by !== null,
          isEnded: row.ended_at !== null,
        })),
        endedOutputBytes: one(
          'SELECT sum(stdout_offset + stderr_offset) FROM runs WHERE ended_at IS NOT NULL',
        ),
        repos: all('SELECT id, path, project FROM repos ORDER BY project').map((row) => ({
          id: String(row.id),
          path: String(row.path),
          project: String(row.project),
        })),
        config: configOf(all),
      };
    } finally {
      db.close();
    }
  } catch (error) {
    throw explainSqliteError(error, path);
  }
}

const nothing = {
  events: 0,
  newestEventAt: null,
  runs: [],
  endedOutputBytes: 0,
  repos: [],
  config: { readAt: null, needsRestart: [] },
} as const;

/** The last start or reload tells; a reload names every key that differs from what the daemon runs with. */
function configOf(all: (sql: string) => Record<string, unknown>[]): StoreInspection['config'] {
  const [last] = all(
    `SELECT time, type, data FROM events WHERE type IN ('daemon.started', 'daemon.reloaded') ORDER BY seq DESC LIMIT 1`,
  );
  if (last === undefined) return { readAt: null, needsRestart: [] };
  const data = JSON.parse(String(last.data ?? '{}')) as { needs_restart?: unknown };
  const names =
    last.type === 'daemon.reloaded' && Array.isArray(data.needs_restart) ? data.needs_restart : [];
  return { readAt: Number(last.time), needsRestart: names.map(String) };
}

function newer(path: string, found: number): AppError {
  return new AppError(
    'store_newer',
    `The database ${path} has schema ${found}; this drover knows ${schemaVersion}`,
    {
      hint: 'use the newer drover, or restore the backup made before the upgrade',
    },
  );
}
