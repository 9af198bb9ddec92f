import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * Takes away what others may do with files and folders of ours, and gives the owner what is needed. Opened without
 * following a link, and changed only when what was opened belongs to `uid`: nothing of somebody else's is ever touched.
 */
export async function closeToOthers(paths: readonly string[], uid: number): Promise<string> {
  const done: string[] = [];
  for (const path of paths) {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const info = await file.stat();
      if (info.uid !== uid) throw new Error(`${path} belongs to uid ${info.uid} now, and was left alone`);
      if (!info.isDirectory() && !info.isFile()) throw new Error(`${path} is neither a file nor a folder`);
      const wanted = (info.mode & 0o700) | (info.isDirectory() ? 0o700 : 0o600);
      await file.chmod(wanted);
      done.push(path);
    } finally {
      await file.close();
    }
  }
  return `closed to others: ${done.length === 1 ? done[0] : `${done.length} files and folders`}`;
}

/** A mode as people write it: `0755`. */
export function formatMode(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
