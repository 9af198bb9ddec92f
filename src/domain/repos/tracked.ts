import { join } from 'node:path';
import { AppError } from '../../contract/index.ts';
import type { Git } from '../../foundation/git/index.ts';
import { type Checkout, exists, placed } from './checkout.ts';
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
  const inIndex = await git.run(workTree, ['ls-files', '-z', '--', ...patterns], {
    ...call,
    hasPatterns: true,
  });
  const head = ['ls-tree', '-r', '-z', '--name-only', '--full-tree', 'HEAD', '--', ...folders];
  const inHead = await git.run(workTree, head, { ...call, okCodes: [0, 128] });
  if (inIndex.truncated || inHead.truncated)
    throw new AppError('git_failed', `git tracks too many files in ${folders.join(' and ')}`);
  return [...split(inIndex.stdout), ...split(inHead.stdout)].map((path) => path.toString());
}
