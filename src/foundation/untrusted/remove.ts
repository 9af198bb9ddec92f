import { lstat, rmdir, unlink } from 'node:fs/promises';
import { codeOf, inFolder, type OpenFolder, openBelow, within } from './folder.ts';
import { namesIn } from './list.ts';
import { rawParts, type UntrustedPath } from './relative-parts.ts';

/** Why something was not removed; `too_large`: a folder too deep or too full, of which a part may be gone. */
export type RemoveRefusal = 'missing' | 'bad_path' | 'link' | 'too_large' | 'unremovable';

export type RemoveResult = { readonly ok: true } | { readonly ok: false; readonly reason: RemoveRefusal };

/** Folders within folders that are removed with one, each of them open meanwhile. */
export const maxRemovedDepth = 32;
/** Things that are removed by one call at most. */
export const maxRemovedEntries = 2000;

/**
 * Removes what stands at `path` below `root`, a folder with all that is in it. Links are removed and never followed, also
 * when a folder becomes one meanwhile.
 */
export async function removeUntrusted(root: string, path: UntrustedPath): Promise<RemoveResult> {
  const parts = rawParts(path);
  const name = parts?.at(-1);
  if (!parts || !name) return { ok: false, reason: 'bad_path' };
  try {
    const left = { entries: maxRemovedEntries };
    const isGone = await inFolder({ root, parts: parts.slice(0, -1), make: 'none' }, (folder) =>
      removeIn(folder, name, { left, depth: 0 }),
    );
    return isGone ? { ok: true } : { ok: false, reason: 'too_large' };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

type Budget = { readonly left: { entries: number }; readonly depth: number };

/** False when it is more than one call removes. Throws what the file system says. */
async function removeIn(above: OpenFolder, name: Buffer, { left, depth }: Budget): Promise<boolean> {
  const path = within(above, name);
  if (left.entries-- <= 0) return false;
  if (!(await lstat(path)).isDirectory()) {
    await unlink(path);
    return true;
  }
  if (depth === maxRemovedDepth) return false;
  const folder = await openBelow(above, name);
  try {
    const { names } = await namesIn(folder, left.entries + 1);
    for (const inner of names) {
      if (!(await removeIn(folder, inner, { left, depth: depth + 1 }))) return false;
    }
  } finally {
    await folder.handle.close();
  }
  await rmdir(path);
  return true;
}

function reasonOf(error: unknown): RemoveRefusal {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'missing';
  return code === 'ELOOP' || code === 'ENOTDIR' ? 'link' : 'unremovable';
}
