import { AppError } from '../../contract/index.ts';
import type { Git, GitCall } from '../../foundation/git/index.ts';
import { assertObjectName, type Checkout, exists, isAdminOf, line, placed, readyMarker } from './checkout.ts';
import { readSaved } from './saved.ts';
import { snapshot } from './snapshot.ts';

/** All that a run has made, committed or not. */
export type Work = {
  /** The commit that it stands on. */
  readonly tip: string;
  /** Tree of all its files that are not ignored. */
  readonly tree: string;
  /** False: `tree` has more than `tip`. */
  readonly isCommitted: boolean;
  /** Folders with a repository of their own inside the work tree: no tree can hold their files. */
  readonly nested: readonly string[];
};

/** Where a run's work may be. */
export type WorkPlace = {
  readonly main: Checkout;
  /** The run's work tree, whether it is there or not. */
  readonly checkout: Checkout;
  readonly runId: string;
  readonly branch: string | null;
};

export type WorkOptions = {
  /** A private folder. */
  readonly folder: string;
  readonly scratchObjects?: GitCall['scratchObjects'];
  readonly settings?: GitCall['settings'];
};

/** True for a work tree that is whole: somebody may have worked in it. */
export async function isWhole(checkout: Checkout): Promise<boolean> {
  const { gitDir, workTree } = checkout;
  return (
    (await exists(workTree)) &&
    (await isAdminOf(gitDir, workTree)) &&
    (await exists(`${gitDir}/${readyMarker}`))
  );
}

/**
 * The work of a run as it is now: from its work tree, or from its branch and what was saved once that is removed. Null
 * when there is neither. Throws `repo_unusable` for a work tree that git does not know any more.
 */
export async function findWork(git: Git, place: WorkPlace, options: WorkOptions): Promise<Work | null> {
  const { main, checkout, runId, branch } = place;
  if (await isWhole(checkout)) return workOfTree(git, checkout, options);
  if ((await exists(checkout.workTree)) && !(await isAdminOf(checkout.gitDir, checkout.workTree))) {
    throw new AppError('repo_unusable', `git does not know the work tree ${checkout.workTree} any more`, {
      hint: 'mend it with `git worktree repair`, or move the folder away by hand',
    });
  }
  const saved = await readSaved(git, main, runId);
  if (saved !== null) {
    const tip = saved.head ?? saved.commit;
    const isCommitted = saved.tree === (await treeOf(git, main, tip));
    return { tip, tree: saved.tree, isCommitted, nested: [] };
  }
  const tip = branch === null ? '' : await commitOf(git, main, `refs/heads/${branch}`);
  if (tip === '') return null;
  return { tip, tree: await treeOf(git, main, tip), isCommitted: true, nested: [] };
}

async function workOfTree(git: Git, checkout: Checkout, options: WorkOptions): Promise<Work> {
  const tip = await commitOf(git, checkout, 'HEAD');
  if (tip === '') {
    throw new AppError('repo_unusable', `The HEAD of ${checkout.workTree} names no commit`, {
      hint: 'the run has left its branch for a new one without any: commit there, or switch back',
    });
  }
  const { tree, nested } = await snapshot(git, checkout, options);
  return { tip, tree, isCommitted: tree === (await treeOf(git, checkout, tip)), nested };
}

/** The commit that a reference names, or nothing. */
export async function commitOf(git: Git, checkout: Checkout, ref: string): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`];
  return line(git, checkout.workTree, args, { ...placed(checkout), okCodes: [0, 1, 128] });
}

/** The tree of a commit. */
export async function treeOf(
  git: Git,
  checkout: Checkout,
  commit: string,
  call: GitCall = {},
): Promise<string> {
  assertObjectName(commit);
  return line(git, checkout.workTree, ['rev-parse', `${commit}^{tree}`], { ...placed(checkout), ...call });
}
