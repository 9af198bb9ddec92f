import { AppError } from '../../contract/index.ts';
import type { Git } from '../../foundation/git/index.ts';
import { type Checkout, line, placed } from './checkout.ts';
import { findMidRebase } from './mid-rebase.ts';
import { isWhole, type WorkPlace } from './work.ts';

const heads = 'refs/heads/';

/** A folder with files of a repository, and the branch that is checked out there; null where HEAD is detached. */
export type Place = { readonly path: string; readonly branch: string | null };

/** Every checkout of a repository whose folder is there: the main one, a person's others, and those of runs. */
async function listCheckouts(git: Git, main: Checkout): Promise<readonly Place[]> {
  const args = ['worktree', 'list', '--porcelain', '-z'];
  const { stdout } = await git.run(main.workTree, args, { ...placed(main), maxOutputBytes: 2 ** 26 });
  return stdout
    .toString()
    .split('\0\0')
    .map((record) => record.split('\0'))
    .filter((fields) => !fields.some((field) => field.startsWith('prunable')))
    .flatMap((fields) => {
      const path = fieldOf(fields, 'worktree');
      const ref = fieldOf(fields, 'branch');
      return path === null ? [] : [{ path, branch: ref?.startsWith(heads) ? ref.slice(heads.length) : null }];
    });
}

function fieldOf(fields: readonly string[], name: string): string | null {
  const field = fields.find((text) => text.startsWith(`${name} `));
  return field === undefined ? null : field.slice(name.length + 1);
}

/**
 * Throws `checkout_busy` while a branch of a plan is checked out somewhere, or will be again once a rebase or a bisection
 * is over. Moved under a checkout, it would make the index there say that all that is new was deleted, and the next
 * commit there would delete it; moved under a rebase, it would be put where that ends.
 */
export async function assertNotCheckedOut(git: Git, main: Checkout, branch: string): Promise<void> {
  const there = (await listCheckouts(git, main)).find((place) => place.branch === branch);
  if (there !== undefined) throw busy(branch, `is checked out in ${there.path}: check out another one there`);
  const path = await findMidRebase(main, branch);
  if (path !== null)
    throw busy(branch, `is being rebased or bisected in ${path}: end that there, as \`git status\` says`);
}

function busy(branch: string, what: string): AppError {
  const plan = branch.replace(/^drover\/plan\//, '');
  return new AppError('checkout_busy', `The branch ${branch} ${what}, then: drover plan retry ${plan}`);
}

type ForeignWanted = {
  readonly place: WorkPlace;
  /** Branches that are never a run's own: the plan's, and its base. */
  readonly taken: readonly string[];
  /** When the run was made, in milliseconds since the epoch. */
  readonly since: number;
};

/**
 * The branch that a run's work tree has checked out, where it is not the run's own: one of those that are taken, one that
 * is checked out elsewhere too, or one that was there before the run. Null for a branch that the run has made itself, for
 * none, and where the work tree is gone.
 */
export async function foreignBranch(
  git: Git,
  { place, taken, since }: ForeignWanted,
): Promise<string | null> {
  const { main, checkout } = place;
  if (!(await isWhole(checkout))) return null;
  const ref = await line(git, checkout.workTree, ['symbolic-ref', '--quiet', 'HEAD'], {
    ...placed(checkout),
    okCodes: [0, 1, 128],
  });
  if (!ref.startsWith(heads)) return null;
  const branch = ref.slice(heads.length);
  if (branch === place.branch) return null;
  if (taken.includes(branch)) return branch;
  const holders = (await listCheckouts(git, main)).filter((one) => one.branch === branch);
  if (holders.length > 1) return branch;
  return (await isOlder(git, main, { ref, since })) ? branch : null;
}

/** By the branch's own log; where it keeps none, by the oldest commit that no other branch has. */
async function isOlder(
  git: Git,
  main: Checkout,
  { ref, since }: { readonly ref: string; readonly since: number },
): Promise<boolean> {
  const sinceSeconds = Math.floor(since / 1000);
  const call = { ...placed(main), okCodes: [0, 128], maxOutputBytes: 2 ** 26 };
  const logged = await line(
    git,
    main.workTree,
    ['log', '--walk-reflogs', '--date=unix', '--format=%gd', ref, '--'],
    call,
  );
  const first = /@\{(\d+)\}$/.exec(logged);
  if (first !== null) return Number(first[1]) < sinceSeconds;
  const others = [`--exclude=${ref.slice(heads.length)}`, '--branches', '--remotes'];
  const alone = ['rev-list', '--format=%ct', '--no-commit-header', ref, '--not', ...others];
  const times = (await line(git, main.workTree, alone, call)).split('\n').filter((text) => text !== '');
  return times.some((time) => Number(time) < sinceSeconds);
}
