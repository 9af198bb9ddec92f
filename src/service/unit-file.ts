import { lstat, mkdir, readFile, readlink, rm, rmdir, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomic } from '../base/index.ts';
import { AppError } from '../contract/index.ts';
import { sealState } from './seal.ts';
import type { Undo } from './undo.ts';

/** What lies where a unit file belongs. */
export type UnitFileState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'intact' | 'edited' | 'foreign'; readonly text: string }
  | { readonly kind: 'link'; readonly target: string };

/** Others may read a unit, as is usual: it holds no secret. launchd refuses one that others may write. */
const unitMode = 0o644;

/** Looks at a unit file without following a link. Throws `service_edited` for what is no file at all. */
export async function readUnitFile(path: string): Promise<UnitFileState> {
  try {
    const info = await lstat(path);
    if (info.isSymbolicLink()) return { kind: 'link', target: await readlink(path) };
    if (!info.isFile())
      throw new AppError('service_edited', `${path} is not a file`, { hint: 'move it away' });
    const text = await readFile(path, 'utf8');
    return { kind: sealState(text), text };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'absent' };
    throw error instanceof AppError ? error : fileError('read', path, error);
  }
}

/** How changes of one's own are kept beside a unit of systemd. */
const inDropIn = 'keep changes of your own in a drop-in (systemctl --user edit), or ';

/** Throws `service_edited` for a file that drover did not write, or not like this. `undoIt` is the command that goes on. */
export function assertOurs(path: string, state: UnitFileState, undoIt: string, keepIt = inDropIn): void {
  if (state.kind === 'absent' || state.kind === 'intact') return;
  const what = {
    edited: 'was edited by hand',
    foreign: 'was not written by drover',
    link: `is a link to ${state.kind === 'link' ? state.target : ''}`,
  }[state.kind];
  throw new AppError('service_edited', `${path} ${what}, and was left as it is`, {
    hint: `${keepIt}run: ${undoIt}`,
    fields: { path },
  });
}

/** Makes a folder and those above it. Resolves with what removes them again while they are empty. */
export async function makeFolder(folder: string, mode = 0o755): Promise<() => Promise<void>> {
  try {
    const first = await mkdir(folder, { recursive: true, mode });
    return async () => (first === undefined ? undefined : removeEmptyFolders(folder, first));
  } catch (error) {
    throw fileError('make', folder, error);
  }
}

/** Writes a unit file whole; puts back what lay there when undone. */
export async function writeUnitFile(path: string, text: string, undo: Undo): Promise<void> {
  const before = await readUnitFile(path);
  try {
    await writeFileAtomic(path, text, { mode: unitMode, durable: true });
  } catch (error) {
    throw fileError('write', path, error);
  }
  undo.later(() => putBack(path, before));
}

/** Removes a unit file; puts it back when undone. */
export async function removeUnitFile(path: string, undo: Undo): Promise<void> {
  const before = await readUnitFile(path);
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw fileError('remove', path, error);
  }
  undo.later(() => putBack(path, before));
}

/** Removes `folder` and those above it up to `top`, as long as they are empty. */
export async function removeEmptyFolders(folder: string, top: string): Promise<void> {
  for (let current = folder; current.startsWith(top); current = dirname(current)) {
    try {
      await rmdir(current);
    } catch {
      return; // somebody else's files are in it
    }
  }
}

async function putBack(path: string, state: UnitFileState): Promise<void> {
  await rm(path, { force: true });
  if (state.kind === 'absent') return;
  if (state.kind === 'link') await symlink(state.target, path);
  else await writeFileAtomic(path, state.text, { mode: unitMode, durable: true });
}

function fileError(verb: string, path: string, error: unknown): AppError {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = {
    EROFS: 'the file system is read-only',
    EACCES: 'you may not do that there',
    EPERM: 'you may not do that there',
    ENOSPC: 'the disk is full',
    EDQUOT: 'your quota is used up',
    ENOTDIR: 'a file stands where a folder should be',
    EEXIST: 'a file stands where a folder should be',
  }[code ?? ''];
  return new AppError('service_failed', `Cannot ${verb} ${path}: ${why ?? message} (${code ?? 'unknown'})`, {
    hint: 'mend that, or start the daemon without a service: drover daemon start',
    cause: error,
  });
}
