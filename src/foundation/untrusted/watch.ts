import { watch } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { codeOf, inNearestFolder } from './folder.ts';
import { rawParts, relativeParts } from './relative-parts.ts';

/** A folder that is watched. */
export type UntrustedWatch = {
  /** Tells the folder from any other; see `identifyUntrusted`. */
  readonly identity: string;
  /** False while the folder that was asked for is missing: the last one on its way is watched then. */
  readonly isWhole: boolean;
  readonly close: () => void;
};

/** Why nothing is watched; `missing`: not even the root is there; `unwatchable`: the system has no watch left, or none here. */
export type WatchRefusal = 'missing' | 'bad_path' | 'unwatchable';

export type WatchResult =
  | { readonly ok: true; readonly watch: UntrustedWatch }
  | { readonly ok: false; readonly reason: WatchRefusal };

/**
 * Calls back when something happens in the folder at `path` below `root`, or to the folder itself. While there is none,
 * the last folder on the way that there is gets watched, for the next one to come. No link is followed: what is watched
 * is the folder that was opened. Does not keep the process alive.
 */
export async function watchUntrusted(root: string, path: string, onChange: () => void): Promise<WatchResult> {
  const parts = rawParts(path);
  if (parts === null) return { ok: false, reason: 'bad_path' };
  try {
    return await inNearestFolder({ root, parts }, async ({ handle, at }, depth) => {
      const next = parts[depth]?.toString();
      const itself = basename(at.toString()); // as which the system tells of the folder's own end
      const identity = identityOf(await handle.stat({ bigint: true }));
      const watcher = watch(at, { persistent: false }, (_event, name) => {
        if (next === undefined || name === null || name === next || name === itself) onChange();
      });
      watcher.on('error', onChange);
      return { ok: true, watch: { identity, isWhole: next === undefined, close: () => watcher.close() } };
    });
  } catch (error) {
    return { ok: false, reason: codeOf(error) === 'ENOENT' ? 'missing' : 'unwatchable' };
  }
}

/** What tells the folder that `watchUntrusted` would watch now from any other, or null when it would watch none. */
export async function identifyUntrusted(root: string, path: string): Promise<string | null> {
  const parts = relativeParts(path);
  if (parts === null) return null;
  let at = root;
  let identity: string | null = null;
  try {
    identity = identityOf(await stat(root, { bigint: true }));
    for (const part of parts) {
      at = join(at, part);
      const info = await lstat(at, { bigint: true });
      if (!info.isDirectory()) return identity;
      identity = identityOf(info);
    }
    return identity;
  } catch {
    return identity; // the next part is missing, or not to be looked at
  }
}

function identityOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`;
}
