import { lstat } from 'node:fs/promises';

const slash = 0x2f;

/** Paths whose entry the index has to drop, and paths to be read anew, as bytes. */
export type IndexChanges = { readonly drop: readonly Buffer[]; readonly read: readonly Buffer[] };

/**
 * Sorts changed paths by what stands in their place now. An entry goes when its file is missing, when a folder is there
 * instead (unless it is a submodule), or when a link has taken the place of a folder above it: git would stop at those.
 */
export async function sortChanges(
  workTree: string,
  changed: readonly Buffer[],
  submodules: readonly Buffer[],
): Promise<IndexChanges> {
  const folders = new Map<string, boolean>();
  const isSubmodule = new Set(submodules.map((path) => path.toString('latin1')));
  const drop: Buffer[] = [];
  const read: Buffer[] = [];
  for (const path of changed) {
    const info = await stateOf(workTree, path);
    const isEntry = info !== null && (!info.isDirectory() || isSubmodule.has(path.toString('latin1')));
    if (isEntry && (await isBelowFolders(workTree, path, folders))) read.push(path);
    else drop.push(path);
  }
  return { drop, read };
}

async function isBelowFolders(
  workTree: string,
  path: Buffer,
  folders: Map<string, boolean>,
): Promise<boolean> {
  for (let at = path.indexOf(slash); at !== -1; at = path.indexOf(slash, at + 1)) {
    const folder = path.subarray(0, at);
    const key = folder.toString('latin1');
    let isFolder = folders.get(key);
    if (isFolder === undefined) {
      isFolder = (await stateOf(workTree, folder))?.isDirectory() ?? false;
      folders.set(key, isFolder);
    }
    if (!isFolder) return false;
  }
  return true;
}

async function stateOf(workTree: string, path: Buffer) {
  return lstat(Buffer.concat([Buffer.from(`${workTree}/`), path])).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
}
