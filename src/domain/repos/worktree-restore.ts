/**
 * Making a removed work tree again. The marker that says it is whole comes after the saved files, and the saved
 * reference is moved aside after the marker: a crash before leaves one that is made anew, one after it loses nothing.
 */
import { AppError } from '../../contract/index.ts';
import type { Git } from '../../foundation/git/index.ts';
import { type Checkout, line, placed, type WorktreeContext } from './checkout.ts';
import { readSaved, retireSaved, type Saved } from './saved.ts';
import { commitOf, isWhole, type WorkPlace } from './work.ts';
import { fillTree, markWhole, registerTree } from './worktree-create.ts';

export type Restored = {
  readonly path: string;
  /** Null where HEAD is detached: the work did not stand at the tip that the branch has now. */
  readonly branch: string | null;
  /** The reference that its uncommitted work came from; null where there was none. */
  readonly ref: string | null;
};

/** Makes it again, with what was saved as uncommitted files. Throws `worktree_exists` or `worktree_not_found`. */
export async function restoreWorktree(
  context: WorktreeContext,
  { place, baseCommit }: { readonly place: WorkPlace; readonly baseCommit: string | null },
): Promise<Restored> {
  const { git } = context;
  const { main, checkout, runId } = place;
  if (await isWhole(checkout)) {
    throw new AppError('worktree_exists', `The worktree of ${runId} is there: ${checkout.workTree}`);
  }
  const saved = await readSaved(git, main, runId);
  const { head, branch, target } = await startOf(context, place, saved);

  await registerTree(context, { checkout, mainPath: main.workTree, target });
  await fillTree(context, checkout, saved?.tree ?? 'HEAD');
  if (saved !== null) {
    await git.run(checkout.workTree, ['read-tree', '--reset', saved.stagedTree ?? 'HEAD'], placed(checkout));
    // the times of the files went with the index; with them the person's next diff reads nothing
    const refresh = ['update-index', '-q', '--refresh'];
    await git.run(checkout.workTree, refresh, { ...placed(checkout), okCodes: [0, 1] });
  }
  await markWhole(checkout, baseCommit ?? head);
  await retireSaved(git, main, { runId });
  return { path: checkout.workTree, branch, ref: saved?.ref ?? null };
}

type Start = {
  /** The commit that the files belong to. */
  readonly head: string;
  readonly branch: string | null;
  /** What `git worktree add` is told. */
  readonly target: readonly string[];
};

/** Where to make it again: at its branch where that stands as it did, else at the commit itself. */
async function startOf({ git }: WorktreeContext, place: WorkPlace, saved: Saved | null): Promise<Start> {
  const { main, checkout, runId } = place;
  const path = checkout.workTree;
  const branch = place.branch ?? (await findBranch(git, main, runId));
  const tip = branch === null ? '' : await commitOf(git, main, `refs/heads/${branch}`);
  const head = saved === null ? tip : (saved.head ?? saved.commit);
  if (head === '') {
    throw new AppError('worktree_not_found', `Nothing is left of the worktree of ${runId}`, {
      hint: 'its branch was deleted, and nothing of it was uncommitted',
    });
  }
  const name = branch ?? branchOf(runId);
  if (tip === '') return { head, branch: name, target: ['--no-track', '-b', name, path, head] };
  if (tip === head) return { head, branch: name, target: [path, name] };
  return { head, branch: null, target: ['--detach', path, head] };
}

/** What the branch of a run is called at least, whatever its label was. */
function branchOf(runId: string): string {
  return `drover/${runId.slice(-8).toLowerCase()}`;
}

/** The branch of a run whose row is gone, by the part of its name that is the id. */
async function findBranch(git: Git, main: Checkout, runId: string): Promise<string | null> {
  const short = `refs/heads/${branchOf(runId)}`;
  const args = ['for-each-ref', '--count=1', '--format=%(refname:lstrip=2)', short, `${short}-*`];
  const found = await line(git, main.workTree, args, placed(main));
  return found === '' ? null : found;
}
