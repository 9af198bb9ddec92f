import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { relativeParts } from './relative-parts.ts';

/** Why a file was not read. */
export type Refusal =
  | 'missing'
  | 'bad_path'
  | 'link'
  | 'not_a_file'
  | 'hard_linked'
  | 'too_large'
  | 'unreadable';

export type ReadResult =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly reason: Refusal };

export type ReadUntrustedOptions = { readonly maxBytes: number };

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
/** macOS: fails on a link anywhere in the path, in one call. */
const darwinNoFollowAny = 0x20000000;

/**
 * Reads the file at `path` below `root`. Each folder on the way is opened in the one before it without following
 * links, so that swapping one for a link in between cannot lead outside; the file is opened without blocking and judged
 * by its open descriptor. Only the root itself may be reached through links.
 */
export async function readUntrusted(
  root: string,
  path: string,
  { maxBytes }: ReadUntrustedOptions,
): Promise<ReadResult> {
  const parts = relativeParts(path);
  if (parts === null) return refuse('bad_path');
  const opened: FileHandle[] = [];
  try {
    const file =
      process.platform === 'linux' ? await walk(root, parts, opened) : await openBelow(root, parts, opened);
    const info = await file.stat();
    if (!info.isFile()) return refuse('not_a_file');
    if (info.nlink > 1) return refuse('hard_linked');
    if (info.size > maxBytes) return refuse('too_large');
    return await readAtMost(file, maxBytes);
  } catch (error) {
    return refuse(reasonOf(error));
  } finally {
    for (const handle of opened) await handle.close();
  }
}

/** What openat(2) would do: /proc/self/fd/N stands for the open folder itself, whatever its path is by now. */
async function walk(root: string, parts: readonly string[], opened: FileHandle[]): Promise<FileHandle> {
  let folder = await open(root, O_RDONLY | O_DIRECTORY);
  opened.push(folder);
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const flags = isLast
      ? O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
      : O_RDONLY | O_NOFOLLOW | O_DIRECTORY;
    folder = await open(`/proc/self/fd/${folder.fd}/${part}`, flags);
    opened.push(folder);
  }
  return folder;
}

async function openBelow(root: string, parts: readonly string[], opened: FileHandle[]): Promise<FileHandle> {
  const file = await open(
    join(await realpath(root), ...parts),
    O_RDONLY | O_NONBLOCK | O_NOCTTY | darwinNoFollowAny,
  );
  opened.push(file);
  return file;
}

/** Reads to the end, or refuses: the file may have grown since it was measured. */
async function readAtMost(file: FileHandle, maxBytes: number): Promise<ReadResult> {
  const buffer = Buffer.alloc(maxBytes + 1);
  let size = 0;
  while (size < buffer.length) {
    const { bytesRead } = await file.read(buffer, size, buffer.length - size, size);
    if (bytesRead === 0) return { ok: true, bytes: buffer.subarray(0, size) };
    size += bytesRead;
  }
  return refuse('too_large');
}

function reasonOf(error: unknown): Refusal {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'missing';
  if (code === 'ELOOP') return 'link';
  if (code === 'ENOTDIR') return 'link'; // a link or a file where a folder is needed
  if (code === 'ENXIO' || code === 'EISDIR') return 'not_a_file';
  return 'unreadable';
}

function refuse(reason: Refusal): ReadResult {
  return { ok: false, reason };
}
