import { createMutex, inBackground, type Log } from '../../base/index.ts';
import type { identifyUntrusted, UntrustedWatch, watchUntrusted } from '../../foundation/untrusted/index.ts';

/** A signal folder that may come and go. */
export type WatchedFolder = {
  /** Finds out whether it has come, or is another than before; tells of it then. */
  readonly look: () => Promise<void>;
  /** True while its coming or its changes are told by themselves. */
  readonly isWatched: () => boolean;
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
/** A folder that becomes another one while it is being watched is followed so often in one look. */
const maxTurns = 4;

/**
 * Watches one folder, or the way to it while it is missing. The watch is closed at its first event and armed again before the change is told, so that what
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
  /** True when there is something to tell: the folder itself is watched from now on, or nothing can be. */
  const arm = async (): Promise<boolean> => {
    let hasFired = false; // it may, before we hold it
    const result = await door.watch(root, folder, () => {
      hasFired = true;
      onEvent();
    });
    if (!result.ok) {
      if (result.reason !== 'unwatchable') return false;
      onUnwatchable(root, result.reason);
      return true;
    }
    if (hasFired || isClosed) result.watch.close();
    else armed = result.watch;
    return result.watch.isWhole;
  };
  const look = () =>
    inTurn(async () => {
      for (let turn = 0; turn < maxTurns && !isClosed; turn += 1) {
        const identity = await door.identify(root, folder);
        if (identity === (armed?.identity ?? null)) return;
        disarm();
        if (identity === null) return;
        const isNews = await arm();
        if (isNews && !isClosed) tell();
        if (armed === null) return; // it changes just now, and is looked at after that; or cannot be watched
      }
    });
  return {
    look,
    isWatched: () => armed !== null || timer !== null,
    close: () => {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      disarm();
    },
  };
}
