import { watch } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, inFolder } from './folder.ts';
import { rawParts, relativeParts } from './relative-parts.ts';

/** A folder that is watched; `identity` tells whether the folder of that name is still the same. */
export type UntrustedWatch = { readonly identity: string; readonly close: () => void };

/** Why a folder is not watched; `unwatchable`: the system has no watch left, or none for this folder. */
export type WatchRefusal = 'missing' | 'bad_path' | 'link' | 'unwatchable';

export type WatchResult =
  | { readonly ok: true; readonly watch: UntrustedWatch }
  | { readonly ok: false; readonly reason: WatchRefusal };

/**
 * Calls back when something happens in the folder at `path` below `root`, or to the folder itself. No link is followed:
 * what is watched is the folder that was opened. Does not keep the process alive.
 */
export async function watchUntrusted(root: string, path: string, onChange: () => void): Promise<WatchResult> {
  const parts = rawParts(path);
  if (parts === null) return { ok: false, reason: 'bad_path' };
  try {
    return await inFolder({ root, parts, make: 'none' }, async ({ handle, at }) => {
      const identity = identityOf(await handle.stat({ bigint: true }));
      const watcher = watch(at, { persistent: false }, onChange);
      watcher.on('error', onChange);
      return { ok: true, watch: { identity, close: () => watcher.close() } };
    });
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

/** What tells the folder at `path` below `root` from any other now, or null when there is none but behind a link. */
export async function identifyUntrusted(root: string, path: string): Promise<string | null> {
  const parts = relativeParts(path);
  if (parts === null) return null;
  let at = root;
  let identity: string | null = null;
  try {
    for (const part of parts) {
      at = join(at, part);
      const info = await lstat(at, { bigint: true });
      if (!info.isDirectory()) return null;
      identity = identityOf(info);
    }
    return identity;
  } catch {
    return null; // missing, or not to be looked at: nothing that could be watched
  }
}

function identityOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`;
}

function reasonOf(error: unknown): WatchRefusal {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'missing';
  return code === 'ELOOP' || code === 'ENOTDIR' ? 'link' : 'unwatchable';
}
