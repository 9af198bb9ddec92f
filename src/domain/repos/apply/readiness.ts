import { AppError } from '../../../contract/index.ts';
import type { Git } from '../../../foundation/git/index.ts';
import { type Checkout, exists, line, placed } from '../checkout.ts';
import { assertPlainGitDir } from '../git-dir.ts';
import { split } from '../snapshot.ts';
import { commitOf } from '../work.ts';

/** Files of a git folder that are there while something is under way. */
const underWay: readonly (readonly [file: string, what: string])[] = [
  ['MERGE_HEAD', 'a merge'],
  ['rebase-merge', 'a rebase'],
  ['rebase-apply', 'a rebase or git am'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick'],
  ['REVERT_HEAD', 'a revert'],
  ['sequencer', 'a series of picks'],
  ['BISECT_LOG', 'a bisection'],
];

/** A checkout that may take a run's work. */
export type ReadyCheckout = {
  readonly head: string;
  /** Null where HEAD is detached. */
  readonly branch: string | null;
};

/**
 * How the checkout stands, once it can take a run's work: nothing is under way in it, and nothing that would be written
 * to leads elsewhere. Throws `checkout_busy` or `repo_unusable`.
 */
export async function readyCheckout(
  git: Git,
  checkout: Checkout,
  { squash }: { readonly squash: boolean },
): Promise<ReadyCheckout> {
  const { workTree, gitDir, commonDir, trusted } = checkout;
  const ref = await line(git, workTree, ['symbolic-ref', '--quiet', 'HEAD'], {
    ...placed(checkout),
    okCodes: [0, 1, 128],
  });
  const branch = ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null;
  if (!trusted) {
    await assertPlainGitDir(gitDir, ['HEAD', 'index', 'ORIG_HEAD', 'SQUASH_MSG', 'logs', 'logs/HEAD']);
    await assertPlainGitDir(commonDir, ref === '' ? [] : [...prefixesOf(ref), ...prefixesOf(`logs/${ref}`)]);
  }
  for (const [file, what] of underWay)
    if (await exists(`${gitDir}/${file}`)) throw busy(workTree, `${what} is under way`);
  const unmerged = await git.run(workTree, ['ls-files', '-u', '-z'], placed(checkout));
  if (split(unmerged.stdout).length > 0) throw busy(workTree, 'it has conflicts that are not resolved');
  const head = await commitOf(git, checkout, 'HEAD');
  if (head === '') {
    throw new AppError('repo_unusable', `The branch of ${workTree} has no commit yet`, {
      hint: 'make a first commit, or switch to the branch that the work is for',
    });
  }
  if (branch === null && !squash) {
    throw new AppError(
      'checkout_busy',
      `The HEAD of ${workTree} is detached: commits would be on no branch`,
      {
        hint: 'switch to a branch, or use --squash, which makes no commit',
      },
    );
  }
  return { head, branch };
}

function busy(workTree: string, why: string): AppError {
  return new AppError('checkout_busy', `${workTree} cannot take changes now: ${why}`, {
    hint: 'finish it, or abort it; `git status` there says how',
  });
}

/** `a`, `a/b`, `a/b/c` of `a/b/c`. */
function prefixesOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
