import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { relativeParts } from './relative-parts.ts';

/** Why a file was not written. */
export type WriteRefusal = 'exists' | 'bad_path' | 'link' | 'unwritable';

export type WriteResult = { readonly ok: true } | { readonly ok: false; readonly reason: WriteRefusal };

const { O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC, O_DIRECTORY, O_NOFOLLOW } = constants;
const temporarySuffix = '.drover-new';

/**
 * Writes a new file at `path` below `root`, and the folders above it, following no link on the way. What is there is left
 * alone; the file is whole or not there, also after a crash. Throws what says that the disk is full.
 */
export async function writeNewUntrusted(
  root: string,
  path: string,
  { bytes, mode }: { readonly bytes: Uint8Array; readonly mode: number },
): Promise<WriteResult> {
  const parts = relativeParts(path);
  if (parts === null) return { ok: false, reason: 'bad_path' };
  const opened: FileHandle[] = [];
  try {
    const folder = await openFolder(root, parts.slice(0, -1), opened);
    const target = `${folder}/${parts.at(-1)}`;
    const temporary = `${target}${temporarySuffix}`;
    const file = await open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
    try {
      await link(temporary, target);
    } finally {
      await rm(temporary, { force: true });
    }
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  } finally {
    for (const handle of opened) await handle.close();
  }
}

/** A path that stands for the folder itself on Linux, whatever stands at its name by then. */
async function openFolder(root: string, parts: readonly string[], opened: FileHandle[]): Promise<string> {
  const isLinux = process.platform === 'linux';
  let at = await realpath(root);
  for (const part of ['.', ...parts]) {
    const path = join(at, part);
    if (part !== '.') {
      await mkdir(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
    const folder = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    opened.push(folder);
    at = isLinux ? `/proc/self/fd/${folder.fd}` : path;
  }
  return at;
}

function reasonOf(error: unknown): WriteRefusal {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EEXIST') return 'exists';
  if (code === 'ELOOP' || code === 'ENOTDIR') return 'link';
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EMFILE' || code === 'ENFILE') throw error;
  return 'unwritable';
}
