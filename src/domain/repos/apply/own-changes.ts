/**
 * What a person has in their checkout that a change of some paths would touch: changed and staged files, files that git
 * is told not to look at, and files that it does not track, ignored ones too. git itself refuses most of these once it
 * is at work; we look first, to name all of them, and because for git an ignored or hidden file is nobody's.
 */
import { lstat, readdir } from 'node:fs/promises';
import type { Git } from '../../../foundation/git/index.ts';
import { type Checkout, placed } from '../checkout.ts';
import { split } from '../snapshot.ts';

const slash = 0x2f;
const statusColumns = 3;
const tagColumns = 2;

/** The person's own files, tracked or not, that stand where `paths` are to be written; in order, each once. */
export async function ownChanges(
  git: Git,
  checkout: Checkout,
  paths: readonly Buffer[],
): Promise<readonly string[]> {
  const call = { ...placed(checkout), maxOutputBytes: 2 ** 30, timeoutMs: 120_000 };
  const status = ['status', '--porcelain=v1', '-z', '--no-renames', '--untracked-files=no'];
  const changed = split((await git.run(checkout.workTree, status, call)).stdout).map((entry) =>
    entry.subarray(statusColumns),
  );
  const listed = split((await git.run(checkout.workTree, ['ls-files', '-v', '-z'], call)).stdout);
  const tracked = new Set(listed.map((entry) => keyOf(entry.subarray(tagColumns))));
  const hidden = await hiddenOf(checkout, listed);

  const found = new Set<string>();
  const touched = new Set(paths.map(keyOf));
  const above = new Set(paths.flatMap(foldersOf).map(keyOf));
  for (const path of [...changed, ...hidden]) {
    const isTouched = [path, ...foldersOf(path)].some((at) => touched.has(keyOf(at)));
    if (isTouched || above.has(keyOf(path))) found.add(path.toString());
  }
  for (const path of paths) {
    if (tracked.has(keyOf(path))) continue;
    for (const there of await untrackedAt(checkout, path, tracked)) found.add(there.toString());
  }
  return [...found].toSorted();
}

/** Files with the mark "assume unchanged" or "skip" that are there: whether they were changed, git does not know. */
async function hiddenOf(checkout: Checkout, listed: readonly Buffer[]): Promise<readonly Buffer[]> {
  const marked = listed
    .filter((entry) => /[a-zS]/.test(String.fromCharCode(entry[0] ?? 0)))
    .map((entry) => entry.subarray(tagColumns));
  const there = await Promise.all(marked.map((path) => kindOf(checkout, path)));
  return marked.filter((_, index) => there[index] !== 'nothing');
}

/** What stands where the untracked `path` is to be written: itself, files below it, or a file where a folder is needed. */
async function untrackedAt(
  checkout: Checkout,
  path: Buffer,
  tracked: ReadonlySet<string>,
): Promise<readonly Buffer[]> {
  for (const folder of foldersOf(path)) {
    const kind = await kindOf(checkout, folder);
    if (kind === 'nothing') return [];
    if (kind === 'file') return tracked.has(keyOf(folder)) ? [] : [folder]; // a tracked one goes, or is changed
  }
  const kind = await kindOf(checkout, path);
  if (kind === 'nothing') return [];
  if (kind === 'file') return [path];
  return untrackedBelow(checkout, path, tracked);
}

async function untrackedBelow(
  checkout: Checkout,
  folder: Buffer,
  tracked: ReadonlySet<string>,
): Promise<readonly Buffer[]> {
  const found: Buffer[] = [];
  for (const entry of await readdir(absolute(checkout, folder), {
    withFileTypes: true,
    encoding: 'buffer',
  })) {
    const path = Buffer.concat([folder, Buffer.from([slash]), entry.name]);
    if (entry.isDirectory()) found.push(...(await untrackedBelow(checkout, path, tracked)));
    else if (!tracked.has(keyOf(path))) found.push(path);
  }
  return found;
}

async function kindOf(checkout: Checkout, path: Buffer): Promise<'nothing' | 'folder' | 'file'> {
  const info = await lstat(absolute(checkout, path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (info === null) return 'nothing';
  return info.isDirectory() ? 'folder' : 'file';
}

/** The folders above a path, outermost first. */
function foldersOf(path: Buffer): readonly Buffer[] {
  const folders: Buffer[] = [];
  for (let at = path.indexOf(slash); at !== -1; at = path.indexOf(slash, at + 1))
    folders.push(path.subarray(0, at));
  return folders;
}

function absolute(checkout: Checkout, path: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${checkout.workTree}/`), path]);
}

/** A path need not be UTF-8, and a set compares no bytes. */
function keyOf(path: Buffer): string {
  return path.toString('latin1');
}
