import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, realpath } from 'node:fs/promises';

/** A folder that is open, and a path that stands for it. */
export type OpenFolder = { readonly handle: FileHandle; readonly at: Buffer };

/** Which folders on the way are made when they are missing. */
export type MakeFolders = 'none' | 'last' | 'all';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
const isLinux = process.platform === 'linux';
/** macOS: fails on a link anywhere in the path, in one call. */
const darwinNoFollowAny = 0x20000000;
/** The flag that refuses a link: on Linux at the name itself, for the folder above it is open; on macOS on the whole way. */
export const noFollow = isLinux ? O_NOFOLLOW : darwinNoFollowAny;

/**
 * Opens the folder at `parts` below `root` for the time of `work`. Each folder on the way is opened in the one before it
 * without following links; only the root itself may be reached through them. Throws what the file system says.
 */
export function inFolder<T>(
  {
    root,
    parts,
    make,
  }: { readonly root: string; readonly parts: readonly Buffer[]; readonly make: MakeFolders },
  work: (folder: OpenFolder) => Promise<T>,
): Promise<T> {
  const enter = (above: OpenFolder, part: Buffer, index: number) =>
    openBelow(above, part, make === 'all' || (make === 'last' && index === parts.length - 1));
  return descend({ root, parts, enter }, work);
}

/**
 * What `inFolder` does, but it ends in the last folder on the way that there is: where the next part is missing, a link
 * or no folder. `work` is told how many parts it has come down.
 */
export function inNearestFolder<T>(
  { root, parts }: { readonly root: string; readonly parts: readonly Buffer[] },
  work: (folder: OpenFolder, depth: number) => Promise<T>,
): Promise<T> {
  const enter = async (above: OpenFolder, part: Buffer) => {
    try {
      return await openBelow(above, part);
    } catch (error) {
      if (['ENOENT', 'ELOOP', 'ENOTDIR'].includes(String(codeOf(error)))) return null;
      throw error;
    }
  };
  return descend({ root, parts, enter }, work);
}

/** What is called `name` in an open folder. */
export function within({ at }: OpenFolder, name: Buffer): Buffer {
  return Buffer.concat([at, Buffer.from('/'), name]);
}

/** Opens the folder `name` in an open folder, if it is one. Throws what the file system says. */
export async function openBelow(above: OpenFolder, name: Buffer, isMade = false): Promise<OpenFolder> {
  const path = within(above, name);
  const flags = O_RDONLY | O_DIRECTORY | noFollow;
  try {
    return placed(await open(path, flags), path);
  } catch (error) {
    if (!isMade || codeOf(error) !== 'ENOENT') throw error;
  }
  await mkdir(path).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
  return placed(await open(path, flags), path);
}

/** What the file system calls an error. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

type Descent = {
  readonly root: string;
  readonly parts: readonly Buffer[];
  /** Opens the next folder; null ends the way where it is. */
  readonly enter: (above: OpenFolder, part: Buffer, index: number) => Promise<OpenFolder | null>;
};

async function descend<T>(
  { root, parts, enter }: Descent,
  work: (folder: OpenFolder, depth: number) => Promise<T>,
): Promise<T> {
  let folder = await openTop(root);
  let depth = 0;
  try {
    for (const part of parts) {
      const below = await enter(folder, part, depth);
      if (below === null) break;
      const above = folder;
      folder = below;
      depth += 1;
      await above.handle.close();
    }
    return await work(folder, depth);
  } finally {
    await folder.handle.close();
  }
}

async function openTop(root: string): Promise<OpenFolder> {
  const path = isLinux ? root : await realpath(root);
  return placed(await open(path, O_RDONLY | O_DIRECTORY), Buffer.from(path));
}

/** What openat(2) would do: /proc/self/fd/N stands for the open folder itself, whatever its path is by now. */
function placed(handle: FileHandle, path: Buffer): OpenFolder {
  return { handle, at: isLinux ? Buffer.from(`/proc/self/fd/${handle.fd}`) : path };
}
