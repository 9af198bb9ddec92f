/**
 * Removing a work tree, so that a crash at any point loses nothing and the next try goes on:
 * 1. What no branch holds is committed and held by `refs/drover/saved/<run>`, flushed to disk.
 * 2. The folder is moved aside: nothing can be added to it under its name any more.
 * 3. git forgets the work tree. 4. The folder is deleted.
 */
import { rename } from 'node:fs/promises';
import { AppError } from '../../contract/index.ts';
import type { GitCall } from '../../foundation/git/index.ts';
import {
  assertObjectName,
  type Checkout,
  exists,
  isAdminOf,
  line,
  placed,
  type WorktreeContext,
  withTemporaryFolder,
} from './checkout.ts';
import { removeTree } from './remove-tree.ts';
import { retireSaved, savedMessage, savedRef } from './saved.ts';
import { snapshot } from './snapshot.ts';
import { isWhole } from './work.ts';

export type Removal = {
  /** False: there was nothing to remove. */
  readonly wasThere: boolean;
  /** False: the folder was kept, for the reason given. */
  readonly removed: boolean;
  readonly reason: string | null;
  readonly saved: { readonly ref: string; readonly commit: string } | null;
};

const durable: NonNullable<GitCall['settings']> = [
  ['core.fsync', 'committed,loose-object'],
  ['core.fsyncMethod', 'fsync'],
];

/** Where a work tree is while it is being removed. */
export function asideOf(checkout: Checkout): string {
  return `${checkout.workTree}.removing`;
}

/**
 * Saves what a work tree holds besides its branch and removes it. Ignored files go; a work tree with a repository of its
 * own inside is kept, because no commit here can hold that. Throws, with everything as it was, when saving fails.
 */
export async function saveAndRemove(
  context: WorktreeContext,
  target: { readonly checkout: Checkout; readonly runId: string; readonly mainPath: string },
): Promise<Removal> {
  const { checkout, runId, mainPath } = target;
  const aside = asideOf(checkout);
  let saved: Removal['saved'] = null;
  let wasThere = await exists(aside);
  if (await exists(checkout.workTree)) {
    wasThere = true;
    if (!(await isAdminOf(checkout.gitDir, checkout.workTree))) {
      throw new AppError('repo_unusable', `git does not know the work tree ${checkout.workTree} any more`, {
        hint: 'mend it with `git worktree repair`, or move the folder away by hand',
      });
    }
    // nobody has worked in one that was never whole, and what it lacks would be saved as removed
    const kept = (await isWhole(checkout))
      ? await save(context, checkout, runId)
      : { saved: null, nested: [] };
    if (kept.nested.length > 0) {
      const reason = `it holds repositories of its own: ${kept.nested.slice(0, 5).join(', ')}`;
      return { wasThere, removed: false, reason, saved: kept.saved };
    }
    saved = kept.saved;
    await removeTree(aside);
    await rename(checkout.workTree, aside);
  }
  if (await isAdminOf(checkout.gitDir, checkout.workTree)) {
    await context.git.run(mainPath, ['worktree', 'remove', '--force', '--force', checkout.workTree], {
      trusted: checkout.trusted,
    });
  }
  await removeTree(aside);
  return { wasThere, removed: true, reason: null, saved };
}

type Kept = { readonly saved: Removal['saved']; readonly nested: readonly string[] };

async function save(context: WorktreeContext, checkout: Checkout, runId: string): Promise<Kept> {
  const { git, stateRoot } = context;
  const call: GitCall = { ...placed(checkout), settings: durable };
  const ask = (args: readonly string[], okCodes: readonly number[] = [0]) =>
    line(git, checkout.workTree, args, { ...call, okCodes });
  const state = await withTemporaryFolder(`${stateRoot}/tmp`, (folder) =>
    snapshot(git, checkout, { folder, settings: durable }),
  );
  const head = await ask(['rev-parse', '--verify', '--quiet', 'HEAD'], [0, 1, 128]);
  const headTree = head === '' ? '' : await ask(['rev-parse', '--verify', '--quiet', `${head}^{tree}`]);
  const branch = await ask(['symbolic-ref', '--quiet', 'HEAD'], [0, 1, 128]);

  const commit = async (tree: string, parents: readonly string[], message: string) => {
    const flags = parents.filter((parent) => parent !== '').flatMap((parent) => ['-p', parent]);
    return ask(['commit-tree', ...flags, '-m', message, tree]);
  };
  const isStagedApart = state.stagedTree !== null && ![headTree, state.tree].includes(state.stagedTree);
  const staged = isStagedApart
    ? await commit(state.stagedTree ?? '', [head], `drover: staged in ${runId}`)
    : '';
  const isClean = state.tree === headTree && staged === '';
  if (isClean && branch.startsWith('refs/heads/')) {
    await retireSaved(git, checkout, { runId, settings: durable });
    return { saved: null, nested: state.nested };
  }

  const kept = isClean ? head : await commit(state.tree, [head, staged], savedMessage(runId));
  assertObjectName(kept);
  const ref = savedRef(runId);
  await ask(['update-ref', '--create-reflog', '-m', 'drover: saved', ref, kept]);
  return { saved: { ref, commit: kept }, nested: state.nested };
}
