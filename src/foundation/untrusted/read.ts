import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { codeOf, inFolder, noFollow, within } from './folder.ts';
import { rawParts } from './relative-parts.ts';

/** Why a file was not read; `exhausted`: it is this process that has no descriptor or memory left. */
export type Refusal =
  | 'missing'
  | 'bad_path'
  | 'link'
  | 'not_a_file'
  | 'hard_linked'
  | 'too_large'
  | 'unreadable'
  | 'exhausted';

export type ReadResult =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly reason: Refusal };

export type ReadUntrustedOptions = { readonly maxBytes: number };

const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;

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
  const parts = rawParts(path);
  const name = parts?.at(-1);
  if (!parts || !name) return refuse('bad_path');
  try {
    return await inFolder({ root, parts: parts.slice(0, -1), make: 'none' }, async (folder) => {
      const file = await open(within(folder, name), O_RDONLY | O_NONBLOCK | O_NOCTTY | noFollow);
      try {
        return await readOpen(file, maxBytes);
      } finally {
        await file.close();
      }
    });
  } catch (error) {
    return refuse(reasonOf(error));
  }
}

async function readOpen(file: FileHandle, maxBytes: number): Promise<ReadResult> {
  const info = await file.stat();
  if (!info.isFile()) return refuse('not_a_file');
  if (info.nlink > 1) return refuse('hard_linked');
  if (info.size > maxBytes) return refuse('too_large');
  return await readAtMost(file, maxBytes);
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
  const code = codeOf(error);
  if (code === 'ENOENT') return 'missing';
  if (code === 'ELOOP') return 'link';
  if (code === 'ENOTDIR') return 'link'; // a link or a file where a folder is needed
  if (code === 'ENXIO' || code === 'EISDIR') return 'not_a_file';
  if (code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM') return 'exhausted';
  return 'unreadable';
}

function refuse(reason: Refusal): ReadResult {
  return { ok: false, reason };
}
