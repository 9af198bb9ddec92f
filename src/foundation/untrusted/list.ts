import type { Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { codeOf, inFolder, type OpenFolder, within } from './folder.ts';
import { rawParts, type UntrustedPath } from './relative-parts.ts';

/** What stands in a folder, as it is itself: a link is a link. */
export type UntrustedEntry = {
  /** In bytes: a name may be no UTF-8. */
  readonly name: Buffer;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Milliseconds; whoever wrote the file can set it. */
  readonly modifiedAt: number;
  /** Milliseconds; the last time that the system changed anything about it, renaming included. */
  readonly changedAt: number;
};

/** Why a folder was not listed. */
export type ListRefusal = 'missing' | 'bad_path' | 'link' | 'unreadable';

export type ListResult =
  | { readonly ok: true; readonly entries: readonly UntrustedEntry[]; readonly isWhole: boolean }
  | { readonly ok: false; readonly reason: ListRefusal };

const together = 32;

/** What stands in the folder at `path` below `root`, at most `maxEntries` of it, in no order. No link is followed. */
export async function listUntrusted(
  root: string,
  path: UntrustedPath,
  { maxEntries }: { readonly maxEntries: number },
): Promise<ListResult> {
  const parts = rawParts(path);
  if (parts === null) return { ok: false, reason: 'bad_path' };
  try {
    return await inFolder({ root, parts, make: 'none' }, async (folder) => {
      const { names, isWhole } = await namesIn(folder, maxEntries);
      const entries: UntrustedEntry[] = [];
      for (let from = 0; from < names.length; from += together) {
        const few = names.slice(from, from + together).map((name) => entryOf(folder, name));
        for (const entry of await Promise.all(few)) if (entry !== null) entries.push(entry);
      }
      return { ok: true, entries, isWhole };
    });
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

/** The names in an open folder, at most so many. Throws what the file system says. */
export async function namesIn(
  { at }: OpenFolder,
  maxNames: number,
): Promise<{ readonly names: readonly Buffer[]; readonly isWhole: boolean }> {
  const names: Buffer[] = [];
  // The platform gives names as bytes when it is asked to, which its types do not know.
  const encoding = 'buffer' as BufferEncoding;
  for await (const { name } of await opendir(at.toString(), { encoding, bufferSize: 256 })) {
    if (names.length === maxNames) return { names, isWhole: false };
    names.push(Buffer.from(name));
  }
  return { names, isWhole: true };
}

async function entryOf(folder: OpenFolder, name: Buffer): Promise<UntrustedEntry | null> {
  try {
    const info = await lstat(within(folder, name));
    return { name, kind: kindOf(info), modifiedAt: info.mtimeMs, changedAt: info.ctimeMs };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null; // gone since it was listed
    throw error;
  }
}

function kindOf(info: Stats): UntrustedEntry['kind'] {
  if (info.isFile()) return 'file';
  if (info.isDirectory()) return 'folder';
  return info.isSymbolicLink() ? 'link' : 'other';
}

function reasonOf(error: unknown): ListRefusal {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'missing';
  return code === 'ELOOP' || code === 'ENOTDIR' ? 'link' : 'unreadable';
}
