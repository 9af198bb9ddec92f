import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';

/**
 * True when `path` exists and is `root` or lies below it, both with every link resolved. A missing path is not inside
 * anything.
 */
export async function isInside(root: string, path: string): Promise<boolean> {
  try {
    const [top, below] = await Promise.all([realpath(root), realpath(path)]);
    return below === top || below.startsWith(top.endsWith(sep) ? top : top + sep);
  } catch {
    return false; // missing, a loop, no permission or NUL: whatever it is, it is not a place inside
  }
}
