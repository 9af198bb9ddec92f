import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { AppError, version } from '../../contract/index.ts';
import { migrations, schemaVersion } from './migrations.ts';

/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
const resultCode = {
  ioError: 10,
  corrupt: 11,
  full: 13,
  notADatabase: 26,
  cannotOpen: 14,
  readOnly: 8,
  busy: 5,
} as const;

/** How long a statement waits for another process, such as a backup, that holds the database. */
const busyTimeoutMs = 2000;

/** The primary result code of an error that SQLite threw, or null for any other error. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}

/**
 * Turns what SQLite throws into `storage_failed` (disk full, I/O error, locked), or `store_corrupt`; anything else is
 * handed back as it is.
 */
export function explainSqliteError(error: unknown, path: string): unknown {
  const code = sqliteCode(error);
  if (code === null || !(error instanceof Error)) return error;
  if (code === resultCode.corrupt || code === resultCode.notADatabase) return corrupt(path, error);
  if (
    code === resultCode.full ||
    code === resultCode.ioError ||
    code === resultCode.cannotOpen ||
    code === resultCode.readOnly ||
    code === resultCode.busy
  ) {
    return new AppError('storage_failed', `Writing to ${path} failed: ${error.message}`, {
      hint:
        code === resultCode.full
          ? 'free some disk space; the daemon goes on by itself'
          : 'look at the disk and at who else has the file open',
      cause: error,
    });
  }
  return error;
}

function corrupt(path: string, cause: Error): AppError {
  return new AppError('store_corrupt', `The database ${path} is damaged: ${cause.message}`, {
    hint: `it was not touched. Restore a backup, or move it aside to begin anew: for f in '${path}'*; do mv "$f" "$f.damaged"; done`,
    cause,
  });
}

/**
 * Opens the database at `path`, made and brought up to date where needed. A newer schema is refused untouched
 * (`store_newer`), a damaged file too (`store_corrupt`).
 */
export function openDatabase(path: string): DatabaseSync {
  if (existsSync(path)) refuseWhatIsNotOurs(path);
  let db: DatabaseSync;
  try {
    db = openPrivately(path);
    db.exec(
      `PRAGMA busy_timeout = ${busyTimeoutMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;`,
    );
    db.exec('PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;'); // macOS: fsync alone leaves it in the disk's cache
    migrate(db);
  } catch (error) {
    throw explainSqliteError(error, path);
  }
  return db;
}

/** SQLite would make the file readable by others. Synchronous, so that nothing else here sees the changed umask. */
function openPrivately(path: string): DatabaseSync {
  const before = process.umask(0o077);
  try {
    return new DatabaseSync(path);
  } finally {
    process.umask(before);
  }
}

function refuseWhatIsNotOurs(path: string): void {
  let found: number;
  let writer: string | null = null;
  try {
    const reader = openToLook(path);
    try {
      found = userVersion(reader);
      reader.prepare('SELECT count(*) FROM sqlite_master').get();
      if (found > schemaVersion) writer = lastVersion(reader);
    } finally {
      reader.close();
    }
  } catch (error) {
    throw explainSqliteError(error, path);
  }
  if (found > schemaVersion) {
    throw new AppError(
      'store_newer',
      `The database ${path} was written by ${writer === null ? 'a newer drover' : `drover ${writer}`} (schema ${found}); this is drover ${version}, which knows schema ${schemaVersion}`,
      {
        hint: `start ${writer === null ? 'the newer drover' : `drover ${writer} or newer`}, or restore the backup made before the upgrade; nothing was touched`,
        fields: { schema: found, known_schema: schemaVersion, written_by: writer, version },
      },
    );
  }
}

/**
 * Without a log beside it the file is read as one that cannot change, which the instance lock makes true: SQLite would
 * leave an empty log there otherwise. Node.js before 22.15 takes no such address, and leaves one.
 */
function openToLook(path: string): DatabaseSync {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  if (log === undefined || log.size === 0) {
    const address = pathToFileURL(path);
    address.searchParams.set('immutable', '1');
    try {
      return new DatabaseSync(address, { readOnly: true });
    } catch (error) {
      if (sqliteCode(error) !== null) throw error;
    }
  }
  return new DatabaseSync(path, { readOnly: true });
}

/**
 * The version of the last daemon on this database; null where a newer schema keeps that elsewhere, and for our own, which
 * was then not the last one.
 */
function lastVersion(reader: DatabaseSync): string | null {
  try {
    const sql = "SELECT data FROM events WHERE type = 'daemon.started' ORDER BY seq DESC LIMIT 1";
    const { version: last } = JSON.parse(String(reader.prepare(sql).get()?.data)) as { version?: unknown };
    return typeof last === 'string' && last !== version ? last : null;
  } catch {
    return null; // what it says is for a person only
  }
}

function migrate(db: DatabaseSync): void {
  for (let step = userVersion(db); step < schemaVersion; step += 1) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(migrations[step] as string);
      db.exec(`PRAGMA user_version = ${step + 1}`);
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }
}

function userVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
}
