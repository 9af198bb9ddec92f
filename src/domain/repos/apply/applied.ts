/**
 * What was applied last of a place of work, so that a run that goes on there can be applied again: of a file that the
 * branch has already, only what came since is merged. The note is a commit: its tree is the work as it was, its parent
 * the commit that brought it.
 */
import type { Git } from '../../../foundation/git/index.ts';
import { type Checkout, line, placed } from '../checkout.ts';
import { commitOf } from '../work.ts';

const appliedRef = (placeId: string) => `refs/drover/applied/${placeId}`;

/** The note, or null when `head` does not have what was applied, because the person took it back. */
export async function readApplied(
  git: Git,
  main: Checkout,
  { placeId, head }: { readonly placeId: string; readonly head: string },
): Promise<string | null> {
  const note = await commitOf(git, main, appliedRef(placeId));
  if (note === '') return null;
  const args = ['merge-base', '--is-ancestor', `${note}^`, head];
  const { code } = await git.run(main.workTree, args, { ...placed(main), okCodes: [0, 1, 128] });
  return code === 0 ? note : null;
}

/** Notes that `commit` brought the work of `tree`. */
export async function noteApplied(
  git: Git,
  main: Checkout,
  { placeId, tree, commit }: { readonly placeId: string; readonly tree: string; readonly commit: string },
): Promise<void> {
  const args = ['commit-tree', '-p', commit, '-m', `drover: applied of ${placeId}`, tree];
  const note = await line(git, main.workTree, args, placed(main));
  await git.run(main.workTree, ['update-ref', appliedRef(placeId), note], placed(main));
}
