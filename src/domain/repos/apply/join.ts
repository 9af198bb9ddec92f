import { AppError } from '../../../contract/index.ts';
import type { Git, GitCall } from '../../../foundation/git/index.ts';
import { type Checkout, line, placed } from '../checkout.ts';
import { split } from '../snapshot.ts';
import { treeOf, type Work } from '../work.ts';

/** What the commits that drover makes say. */
export type JoinWords = {
  /** First line: what the work is. */
  readonly title: string;
  /** First line of a merge. */
  readonly mergeTitle: string;
  readonly trailer: string;
};

export type JoinWanted = {
  readonly head: string;
  readonly work: Work;
  /** A commit with the work as the branch has it already, when some of it was applied before. */
  readonly applied: string | null;
  /** All of it as one commit, which is not meant to stay. */
  readonly squash: boolean;
  readonly words: JoinWords;
  readonly call?: GitCall;
};

/** How the work of a run and a branch come together. */
export type Joined =
  /** The branch has all of it already. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'conflict'; readonly files: readonly string[] }
  /** `commit` is a descendant of the branch and has both. */
  | { readonly kind: 'commit'; readonly commit: string };

/** The exit code of git for an option that it does not know. */
const usageExit = 129;

/**
 * Makes the commit at which a branch has all of a run's work, and changes nothing but the object store. The run's own
 * commits stay as they are; what it had not committed becomes one more, on top of them, or of the branch when it made
 * none; where the branch has moved on, the last one is a merge.
 */
export async function joinWork(git: Git, checkout: Checkout, wanted: JoinWanted): Promise<Joined> {
  const { head, work, applied, squash, words } = wanted;
  const call: GitCall = { ...placed(checkout), ...wanted.call };
  const commit = (tree: string, parents: readonly string[], title: string) =>
    line(
      git,
      checkout.workTree,
      ['commit-tree', ...parents.flatMap((parent) => ['-p', parent]), '-m', title, '-m', words.trailer, tree],
      call,
    );
  const isAncestor = async (one: string, other: string) => {
    const args = ['merge-base', '--is-ancestor', one, other];
    return (await git.run(checkout.workTree, args, { ...call, okCodes: [0, 1] })).code === 0;
  };

  /** The two sides with what was applied as what they have in common: so that only what came since is merged. */
  const since = async (before: string) => {
    const base = await commit(`${before}^{tree}`, [], words.title);
    return {
      head: await commit(`${head}^{tree}`, [base], words.title),
      own: await commit(work.tree, [base], words.title),
    };
  };

  const own = work.isCommitted ? work.tip : await commit(work.tree, [work.tip], words.title);
  const [isAhead, isBehind] = [await isAncestor(head, work.tip), await isAncestor(work.tip, head)];
  const merged = isAhead
    ? ({ kind: 'tree', tree: work.tree } as const)
    : await mergeTrees(git, checkout, { ...(applied === null ? { head, own } : await since(applied)), call });
  if (merged.kind === 'conflict') return merged;
  const isSame = merged.tree === (await treeOf(git, checkout, head));
  if (own === head || (isSame && (squash || !isAhead))) return { kind: 'nothing' };
  if (squash || isBehind) return { kind: 'commit', commit: await commit(merged.tree, [head], words.title) };
  if (isAhead) return { kind: 'commit', commit: own };
  return { kind: 'commit', commit: await commit(merged.tree, [head, own], words.mergeTitle) };
}

type Merged =
  | { readonly kind: 'tree'; readonly tree: string }
  | { readonly kind: 'conflict'; readonly files: readonly string[] };

async function mergeTrees(
  git: Git,
  checkout: Checkout,
  { head, own, call }: { readonly head: string; readonly own: string; readonly call: GitCall },
): Promise<Merged> {
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', head, own];
  const { code, stdout } = await git.run(checkout.workTree, args, {
    ...call,
    okCodes: [0, 1, usageExit],
    timeoutMs: 300_000,
  });
  if (code === usageExit) {
    throw new AppError('git_failed', 'Merging without a work tree needs git 2.38 or later', {
      hint: 'install a newer git, or merge the branch of the run by hand',
    });
  }
  const [tree = '', ...files] = split(stdout).map((record) => record.toString());
  if (code === 0) return { kind: 'tree', tree };
  return { kind: 'conflict', files: [...new Set(files.filter((file) => file !== ''))] };
}
