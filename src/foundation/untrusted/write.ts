import { constants } from 'node:fs';
import { link, lstat, open, rm, unlink } from 'node:fs/promises';
import { codeOf, inFolder, type MakeFolders, within } from './folder.ts';
import { rawParts } from './relative-parts.ts';

/** Why a file was not written. */
export type WriteRefusal = 'missing' | 'exists' | 'bad_path' | 'link' | 'unwritable';

export type WriteResult = { readonly ok: true } | { readonly ok: false; readonly reason: WriteRefusal };

export type WriteUntrustedOptions = {
  readonly bytes: Uint8Array;
  readonly mode: number;
  /** Which folders on the way are made when they are missing: all of them, unless told. */
  readonly make?: MakeFolders;
};

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
const temporarySuffix = '.drover-new';

/**
 * Writes a new file at `path` below `root`, and the folders above it, following no link on the way. What is there is left
 * alone; the file is whole or not there, also after a crash. Throws what says that the disk is full.
 */
export async function writeNewUntrusted(
  root: string,
  path: string,
  { bytes, mode, make = 'all' }: WriteUntrustedOptions,
): Promise<WriteResult> {
  const parts = rawParts(path);
  const name = parts?.at(-1);
  if (!parts || !name) return { ok: false, reason: 'bad_path' };
  try {
    return await inFolder({ root, parts: parts.slice(0, -1), make }, async (folder) => {
      const target = within(folder, name);
      const temporary = Buffer.concat([target, Buffer.from(temporarySuffix)]);
      const refusal = await writeFresh(temporary, { bytes, mode });
      if (refusal !== null) return { ok: false, reason: refusal };
      try {
        await link(temporary, target);
      } finally {
        await rm(temporary, { force: true });
      }
      return { ok: true };
    });
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

/**
 * Writes a file that was not there before: what a crash left at its name is unlinked and never opened, for it may have a
 * second name outside, or be a pipe by now.
 */
async function writeFresh(
  path: Buffer,
  { bytes, mode }: WriteUntrustedOptions,
): Promise<WriteRefusal | null> {
  const left = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
    return null;
  });
  if (left?.isSymbolicLink()) return 'link';
  if (left?.isFile() === false) return 'unwritable';
  if (left !== null) await unlink(path);
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    await file.writeFile(bytes);
    return null;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

function reasonOf(error: unknown): WriteRefusal {
  const code = codeOf(error);
  if (code === 'EEXIST') return 'exists';
  if (code === 'ENOENT') return 'missing';
  if (code === 'ELOOP' || code === 'ENOTDIR') return 'link';
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EMFILE' || code === 'ENFILE') throw error;
  return 'unwritable';
}
