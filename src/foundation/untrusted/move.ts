import { lstat, rename } from 'node:fs/promises';
import { codeOf, inFolder, within } from './folder.ts';
import { rawParts, type UntrustedPath } from './relative-parts.ts';

/** Why something was not moved. */
export type MoveRefusal = 'missing' | 'exists' | 'bad_path' | 'link' | 'unmovable';

export type MoveResult = { readonly ok: true } | { readonly ok: false; readonly reason: MoveRefusal };

/**
 * Renames what stands at `from` below `root`, whatever it is and without opening it, to `to` below the same root. The
 * folder of `to` is made when it alone is missing; what stands at `to` is left alone. No link is followed on either way.
 */
export async function moveUntrusted(
  root: string,
  from: UntrustedPath,
  to: UntrustedPath,
): Promise<MoveResult> {
  const [source, target] = [rawParts(from), rawParts(to)];
  const [oldName, newName] = [source?.at(-1), target?.at(-1)];
  if (!source || !target || !oldName || !newName) return { ok: false, reason: 'bad_path' };
  try {
    return await inFolder({ root, parts: source.slice(0, -1), make: 'none' }, (old) =>
      inFolder({ root, parts: target.slice(0, -1), make: 'last' }, async (folder) => {
        if (await isThere(within(folder, newName))) return { ok: false, reason: 'exists' };
        await rename(within(old, oldName), within(folder, newName));
        return { ok: true };
      }),
    );
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

async function isThere(path: Buffer): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function reasonOf(error: unknown): MoveRefusal {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'missing';
  return code === 'ELOOP' || code === 'ENOTDIR' ? 'link' : 'unmovable';
}
