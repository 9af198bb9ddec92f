import { createMutex, inBackground, type Log } from '../../base/index.ts';
import type { identifyUntrusted, UntrustedWatch, watchUntrusted } from '../../foundation/untrusted/index.ts';

/** A signal folder that may come and go. */
export type WatchedFolder = {
  /** Finds out whether it has come, or is another than before; tells of it then. */
  readonly look: () => Promise<void>;
  readonly close: () => void;
};

export type WatchedFolderOptions = {
  readonly root: string;
  readonly folder: string;
  readonly door: { readonly watch: typeof watchUntrusted; readonly identify: typeof identifyUntrusted };
  readonly log: Log;
  readonly tell: () => void;
  readonly onUnwatchable: (root: string, reason: string) => void;
};

/** Changes are gathered for so long: an agent that floods its folder is told of a few times a second, not thousands. */
export const gatherMs = 25;

/**
 * Watches one folder. The watch is closed at its first event and armed again before the change is told, so that what
 * comes after the telling is an event of its own; and so that a folder that was removed is not taken for one that has
 * its inode by now.
 */
export function createWatchedFolder(options: WatchedFolderOptions): WatchedFolder {
  const { root, folder, door, log, tell, onUnwatchable } = options;
  const inTurn = createMutex();
  let armed: UntrustedWatch | null = null;
  let timer: NodeJS.Timeout | null = null;
  let isClosed = false;

  const disarm = () => {
    armed?.close();
    armed = null;
  };
  const onEvent = () => {
    disarm();
    if (isClosed) return;
    timer ??= setTimeout(() => {
      timer = null;
      inBackground(log, 'watching a signal folder', look());
    }, gatherMs);
  };
  const arm = async () => {
    let hasFired = false; // it may, before we hold it
    const result = await door.watch(root, folder, () => {
      hasFired = true;
      onEvent();
    });
    if (!result.ok) {
      if (result.reason === 'unwatchable') onUnwatchable(root, result.reason);
    } else if (hasFired || isClosed) result.watch.close();
    else armed = result.watch;
  };
  const look = () =>
    inTurn(async () => {
      if (isClosed) return;
      const identity = await door.identify(root, folder);
      if (armed !== null && armed.identity === identity) return;
      disarm();
      if (identity === null) return;
      await arm();
      if (!isClosed) tell();
    });
  return {
    look,
    close: () => {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      disarm();
    },
  };
}
