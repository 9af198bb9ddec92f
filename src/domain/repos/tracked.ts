import { join } from 'node:path';
import { AppError } from '../../contract/index.ts';
import type { Git } from '../../foundation/git/index.ts';
import { signalFolders, signalParents } from '../signals/index.ts';
import { assertObjectName, type Checkout, exists, placed } from './checkout.ts';
import { split } from './snapshot.ts';
import { isWhole } from './work.ts';

const maxListBytes = 2 ** 26;

/**
 * What git tracks at or below these folders, in any spelling of upper and lower case: all that its index has, also what is
 * not checked out, and its HEAD. Null while git is at work there: it writes files first, and its index after them. What is
 * listed before the call and was written by git is among it.
 */
export async function findTracked(
  git: Git,
  { checkout, isRun }: { readonly checkout: Checkout; readonly isRun: boolean },
  folders: readonly string[],
): Promise<readonly string[] | null> {
  const { workTree, gitDir } = checkout;
  if (isRun && !(await isWhole(checkout))) return null;
  if (await exists(join(gitDir, 'index.lock'))) return null;
  const call = { ...placed(checkout), maxOutputBytes: maxListBytes };
  const patterns = folders.map((folder) => `:(icase,top)${folder}`);
  const index = ['ls-files', '-z', '--', ...patterns];
  const head = ['ls-tree', '-r', '-z', '--name-only', '--full-tree', 'HEAD', '--', ...folders];
  const [inIndex, inHead] = await Promise.all([
    git.run(workTree, index, { ...call, hasPatterns: true }),
    git.run(workTree, head, { ...call, okCodes: [0, 128] }),
  ]);
  if (inIndex.truncated || inHead.truncated)
    throw new AppError('git_failed', `git tracks too many files in ${folders.join(' and ')}`);
  return [...split(inIndex.stdout), ...split(inHead.stdout)].map((path) => path.toString());
}

/** The signal folders in which `to` has files that `from` has not, or what stands in the place of such a folder. */
export async function signalsBrought(
  git: Git,
  main: Checkout,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<readonly string[]> {
  assertObjectName(from);
  assertObjectName(to);
  const patterns = signalParents.map((folder) => `:(icase)${folder}`);
  const options = ['-r', '-z', '--name-only', '--no-renames', '--diff-filter=d', '--ignore-submodules=none'];
  const { stdout } = await git.run(main.workTree, ['diff-tree', ...options, from, to, '--', ...patterns], {
    ...placed(main),
    hasPatterns: true,
    maxOutputBytes: maxListBytes,
  });
  const folders = split(stdout).map((path) => path.toString().split('/').slice(0, 2).join('/'));
  const known: readonly string[] = [...signalParents, ...signalFolders];
  return [...new Set(folders)].filter((folder) => known.includes(folder.toLowerCase()));
}
