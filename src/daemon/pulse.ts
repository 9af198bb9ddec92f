import { statSync } from 'node:fs';
import { isAppError } from '../contract/index.ts';
import { countPendingApprovals } from '../foundation/store/index.ts';
import type { Composed } from './compose.ts';
import type { Pulse } from './notify/index.ts';
import { statusText } from './status-text.ts';

/** A database from this size on may take seconds to open: its log is read again, its tables are rebuilt by a migration. */
const longToOpenBytes = 64 * 2 ** 20;

/** What the service manager is told of a daemon with these parts, and how it is found out whether that is alive. */
export function pulseOf({ store, runs }: Pick<Composed, 'store' | 'runs'>): Pulse {
  return {
    describe: () => statusText(runs.counts(), store.read(countPendingApprovals)),
    probe: async () => {
      try {
        await store.write(() => null); // writes nothing, but waits for its turn and for the commit
      } catch (error) {
        if (!isAppError(error, 'storage_failed')) throw error; // refused by the disk is an answer
      }
    },
  };
}

/** True when opening the database at `path` may hold up the event loop for longer than a start may take. */
export function isLongToOpen(path: string): boolean {
  const bytes = [path, `${path}-wal`].map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  return bytes.reduce((sum, size) => sum + size, 0) >= longToOpenBytes;
}
