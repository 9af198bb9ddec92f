import { stat } from 'node:fs/promises';

/** Device and inode of what is at `path`, or null when nothing is. */
export async function inodeOf(path: string): Promise<string | null> {
  const info = await stat(path, { bigint: true }).catch(() => null);
  return info === null ? null : `${info.dev}:${info.ino}`;
}
