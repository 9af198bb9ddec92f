import { type FileHandle, open } from 'node:fs/promises';

/** Opens a file for reading, or gives null when there is none. Throws anything else that the file system says. */
export async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
