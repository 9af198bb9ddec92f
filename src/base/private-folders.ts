import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder for this user alone, with those above it, whoever makes the same ones at the same time; what is there
 * already is left as it is. Not mkdir's `recursive`: that never returns where a parent exists but takes no folder, as
 * `/proc` (Node 24).
 */
export function makePrivateFolders(path: string): void {
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (isThere) return;
  if (dirname(path) !== path) makePrivateFolders(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
