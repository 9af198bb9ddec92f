import { inBackground, type Log } from '../../base/index.ts';
import { identifyUntrusted, watchUntrusted } from '../../foundation/untrusted/index.ts';
import { signalFolders } from './place.ts';
import { createWatchedFolder, type WatchedFolder } from './watched-folder.ts';

/** Tells of roots whose signal folders have changed. Nothing about it throws. */
export type SignalWatch = {
  /** From now on this root too; told at once when it has a signal folder already. */
  readonly watch: (root: string) => void;
  readonly unwatch: (root: string) => void;
  /**
   * Makes up for what the watches do not tell: finds folders of these roots that are others than before, and tells of
   * their roots. What cannot be watched is looked at whether its root is due or not, and told of each time. For the poll
   * of whoever listens: a few stats for each root that is due. A root whose file system hangs delays itself alone, and is
   * not looked at again meanwhile; `onLooked` hears of each other one that is due.
   */
  readonly look: (isDue?: (root: string) => boolean, onLooked?: (root: string) => void) => Promise<void>;
  readonly close: () => void;
};

export type SignalWatchOptions = {
  readonly log: Log;
  /** Something may have appeared below this root. */
  readonly onChange: (root: string) => void;
  /** How a folder is watched and told from another; a test has its own. */
  readonly door?: { readonly watch: typeof watchUntrusted; readonly identify: typeof identifyUntrusted };
};

/** Watches the signal folders of many roots: one watch for each folder that there is. */
export function createSignalWatch({
  log,
  onChange,
  door = { watch: watchUntrusted, identify: identifyUntrusted },
}: SignalWatchOptions): SignalWatch {
  const roots = new Map<string, readonly WatchedFolder[]>();
  const looking = new Set<string>();
  let isSaid = false;

  const tell = (root: string) => {
    try {
      onChange(root);
    } catch (error) {
      log.error('a change of signals was not taken', { root, err: error });
    }
  };
  const onUnwatchable = (root: string, reason: string) => {
    if (isSaid) return;
    isSaid = true;
    log.warn('signal folders cannot be watched, and are looked at from time to time', { root, reason });
  };
  const watch = (root: string) => {
    if (roots.has(root)) return;
    const folders = signalFolders.map((folder) =>
      createWatchedFolder({ root, folder, door, log, tell: () => tell(root), onUnwatchable }),
    );
    roots.set(root, folders);
    for (const folder of folders) inBackground(log, 'watching a signal folder', folder.look());
  };
  const unwatch = (root: string) => {
    for (const folder of roots.get(root) ?? []) folder.close();
    roots.delete(root);
  };
  const lookAt = async (root: string, folders: readonly WatchedFolder[]) => {
    looking.add(root);
    try {
      for (const folder of folders) await folder.look();
    } finally {
      looking.delete(root);
    }
  };
  const look: SignalWatch['look'] = async (isDue = () => true, onLooked = () => {}) => {
    const looks = [...roots].map(async ([root, folders]) => {
      if (looking.has(root)) return;
      const isRootDue = isDue(root);
      await lookAt(root, isRootDue ? folders : folders.filter((folder) => !folder.isWatched()));
      if (isRootDue) onLooked(root);
    });
    await Promise.all(looks);
  };
  return {
    watch,
    unwatch,
    look,
    close: () => {
      for (const root of [...roots.keys()]) unwatch(root);
    },
  };
}
