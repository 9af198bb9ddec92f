import { lstat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Git } from '../../foundation/git/index.ts';
import { isInside, readUntrusted } from '../../foundation/untrusted/index.ts';
import { type Checkout, line } from './checkout.ts';

/**
 * True when a submodule's folder has what no commit of the repository around it can hand on: files that are not
 * committed, or commits that none of its remotes has. True also where that cannot be told.
 */
export async function hasUnpushedWork(git: Git, checkout: Checkout, folder: string): Promise<boolean> {
  const workTree = join(checkout.workTree, folder);
  const gitDir = await gitDirOf(checkout, folder);
  if (gitDir === null) return true;
  const call = { gitDir, workTree, maxOutputBytes: 2 ** 16, timeoutMs: 120_000 };
  try {
    if ((await line(git, workTree, ['status', '--porcelain'], call)) !== '') return true;
    return (
      (await line(git, workTree, ['rev-list', '--max-count=1', 'HEAD', '--not', '--remotes'], call)) !== ''
    );
  } catch {
    return true;
  }
}

/** The git folder of a submodule: inside it, or where git keeps those of this work tree. Null for any other place. */
async function gitDirOf({ workTree, gitDir, commonDir }: Checkout, folder: string): Promise<string | null> {
  const own = join(workTree, folder, '.git');
  if ((await lstat(own).catch(() => null))?.isDirectory()) return own;
  const link = await readUntrusted(workTree, `${folder}/.git`, { maxBytes: 8192 });
  const path = link.ok ? /^gitdir: (.+)\n?$/.exec(link.bytes.toString())?.[1] : undefined;
  if (path === undefined) return null;
  const place = resolve(workTree, folder, path);
  for (const kept of [gitDir, commonDir]) if (await isInside(join(kept, 'modules'), place)) return place;
  return null;
}
