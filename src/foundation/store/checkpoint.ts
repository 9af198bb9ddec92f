import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

/** The write-ahead log is copied into the database when it has grown by this much. SQLite's own default is half of it. */
export const checkpointBytes = 8 * 2 ** 20;

/** Copies the write-ahead log back, apart from the commits. */
export type Checkpoints = {
  /** To be asked after a commit. */
  readonly isDue: () => boolean;
  /** Never waits for a reader in another process; what could not be copied is copied by a later one. */
  readonly run: () => void;
};

/**
 * Takes checkpoints over from SQLite, which would do them within a COMMIT: three more fsyncs on top of the commit's own
 * (docs/adr/0002). The size limit of zero lets the log's file shrink when it begins anew, so that its size tells.
 */
export function createCheckpoints(db: DatabaseSync, path: string): Checkpoints {
  db.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 0;');
  let dueAt = checkpointBytes;
  let lastBytes = 0;
  const logBytes = () => statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return {
    isDue: () => {
      const bytes = logBytes();
      if (bytes < lastBytes) dueAt = checkpointBytes; // it began anew
      lastBytes = bytes;
      return bytes >= dueAt;
    },
    run: () => {
      dueAt = logBytes() + checkpointBytes;
      try {
        db.exec('PRAGMA wal_checkpoint(PASSIVE)');
      } catch {
        // A full disk: the log keeps everything, and a later checkpoint copies it.
      }
    },
  };
}
