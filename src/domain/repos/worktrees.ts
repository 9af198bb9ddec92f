import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type Applied, applyWork } from './apply/apply.ts';
import { foreignBranch } from './checked-out.ts';
import {
  adminDir,
  assertPart,
  type Checkout,
  line,
  placed,
  type WorktreeContext,
  type WorktreeRepo,
} from './checkout.ts';
import { type Comparison, compareCommits } from './compare-commits.ts';
import { describeDirty } from './dirty.ts';
import { assertPlainGitDir } from './git-dir.ts';
import { readOwnSettings } from './own-config.ts';
import {
  branchHead,
  commitOfWork,
  containsCommit,
  type JoinedPlan,
  type JoinPlanWanted,
  joinOntoPlan,
  listBranches,
  moveBranch,
  setBranchAside,
} from './plan-branch.ts';
import { findStanding, type Standing, type StandingWanted } from './plan-standing.ts';
import { findPublished } from './published.ts';
import { listSaved } from './saved.ts';
import { findTracked } from './tracked.ts';
import { findBase, resolveUsable } from './usable.ts';
import type { WorkPlace } from './work.ts';
import { type CreatedWorktree, createWorktree, findWorktree, type NewWorktree } from './worktree-create.ts';
import { type Diff, diffCheckout, diffWork } from './worktree-diff.ts';
import { isContained, lookAt, type WorktreeLook } from './worktree-look.ts';
import { type Preparation, prepareWorktree } from './worktree-prepare.ts';
import { repairWorktrees } from './worktree-repair.ts';
import { type Restored, restoreWorktree } from './worktree-restore.ts';
import { type Removal, saveAndRemove } from './worktree-save.ts';

/** How a main checkout stands. */
export type MainCheckout = {
  readonly path: string;
  /** Null where HEAD is detached. */
  readonly branch: string | null;
  /** Null where there is no commit yet. */
  readonly baseCommit: string | null;
  /** Uncommitted files. */
  readonly dirtyFiles: number;
};

/** The work tree of a run, and its branch where it is known. */
export type RunPlace = {
  readonly repo: WorktreeRepo;
  readonly runId: string;
  readonly branch: string | null;
};

/** Work trees of runs: `<state>/worktrees/<repo-id>/<run-id>`, never inside the user's checkout. */
export type Worktrees = {
  /** Makes the run's work tree, or finishes or finds the one that is there. */
  readonly create: (wanted: NewWorktree) => Promise<CreatedWorktree>;
  /** The run's work tree as it stands; null when it is gone, or not whole. Nothing is made or mended. */
  readonly find: (wanted: NewWorktree) => Promise<CreatedWorktree | null>;
  /** Patch of all changes since `baseCommit`; without `runId` of the main checkout (a run in place). */
  readonly diff: (of: {
    readonly repo: WorktreeRepo;
    readonly runId: string | null;
    /** The run's, for when its work tree is removed. */
    readonly branch?: string | null;
    readonly baseCommit: string;
    readonly maxBytes?: number;
  }) => Promise<Diff>;
  /** The commit that a base names (HEAD unless told). Throws `base_not_found` or `repo_unusable`. */
  readonly findBase: (repo: WorktreeRepo, base: string | undefined) => Promise<string>;
  /** The main checkout, for a run in place. */
  readonly describeMain: (repo: WorktreeRepo) => Promise<MainCheckout>;
  /** The folders of runs that stand on disk for this repository, registered or not; oldest run first. */
  readonly list: (repoId: string) => Promise<string[]>;
  /**
   * Brings all that a run has made into the main checkout, from its work tree (which may be that of another run) or from
   * its branch and what was saved. Throws, with nothing changed, `apply_conflict`, `checkout_changed`, `checkout_busy`
   * or `repo_unusable`.
   */
  readonly apply: (of: {
    readonly repo: WorktreeRepo;
    readonly runId: string;
    readonly placeId: string;
    readonly branch: string | null;
    readonly label: string;
    readonly squash: boolean;
  }) => Promise<Applied>;
  /** Brings a whole work tree to what the repository's own settings want, as far as they are trusted. */
  readonly prepare: (of: {
    readonly repo: WorktreeRepo & { readonly trustedHash: string | null };
    readonly runId: string;
    /** False where another run has worked in it: it has its copies. */
    readonly isNew: boolean;
  }) => Promise<Preparation>;
  /** How the work tree of a run stands. Changes nothing. */
  readonly look: (of: { readonly repo: WorktreeRepo; readonly runId: string }) => Promise<WorktreeLook>;
  /** True when `into`, or null: the HEAD of the main checkout, has all that the run has made, committed or not. */
  readonly isContained: (of: RunPlace & { readonly into: string | null }) => Promise<boolean>;
  /** What was saved of removed work trees of this repository: run ids and commits, oldest run first. */
  readonly saved: (
    repo: WorktreeRepo,
  ) => Promise<readonly { readonly runId: string; readonly ref: string; readonly commit: string }[]>;
  /**
   * Makes a removed work tree again, with what was saved as uncommitted files. Throws `worktree_exists` or
   * `worktree_not_found`.
   */
  readonly restore: (of: RunPlace & { readonly baseCommit: string | null }) => Promise<Restored>;
  /** Every folder for the work tree of a run, of registered repositories or not; oldest run first. */
  readonly places: () => Promise<
    readonly { readonly repoId: string; readonly runId: string; readonly path: string }[]
  >;
  /** Joins all that a run has made onto the branch of its plan, which is at `head`. */
  readonly joinOntoPlan: (
    of: RunPlace & Omit<JoinPlanWanted, 'place' | 'branch'> & { readonly target: string },
  ) => Promise<JoinedPlan>;
  /** What a branch that is at `head` would be with all that a run has made, and by how many lines; null: no change. */
  readonly measure: (
    of: RunPlace & { readonly head: string; readonly title: string },
  ) => Promise<{ readonly commit: string; readonly lines: number } | null>;
  /** The branch of somebody else that the run's work tree has checked out; null: none. `since`: when it was made. */
  readonly foreignBranch: (
    of: RunPlace & { readonly taken: readonly string[]; readonly since: number },
  ) => Promise<string | null>;
  /** Its base and the branches of remotes that have a commit of the run. `from`: where its work tree began. */
  readonly published: (
    of: RunPlace & { readonly from: string; readonly base: string; readonly since: number },
  ) => Promise<readonly string[]>;
  /** The commit that a branch is at; null when it is not there. */
  readonly branchHead: (repo: WorktreeRepo, branch: string) => Promise<string | null>;
  /** Where each branch is. */
  readonly branches: (repo: WorktreeRepo) => Promise<ReadonlyMap<string, string>>;
  /** True when `commit` is `within` itself or in its history. */
  readonly contains: (
    repo: WorktreeRepo,
    of: { readonly commit: string; readonly within: string },
  ) => Promise<boolean>;
  /** Whether what came to `base` since `from` has all of `head`, or touches files that it has changed. */
  readonly standing: (repo: WorktreeRepo, of: StandingWanted) => Promise<Standing>;
  /** Makes or moves the branch of a plan. Throws `git_failed` when it is not at `from`, `checkout_busy` while it is out. */
  readonly moveBranch: (
    repo: WorktreeRepo,
    move: { readonly branch: string; readonly from: string | null; readonly to: string },
  ) => Promise<void>;
  /** Keeps the branch of a plan under `refs/drover/plans/<aside>`, and takes it away. */
  readonly setBranchAside: (
    repo: WorktreeRepo,
    of: { readonly branch: string; readonly aside: string },
  ) => Promise<void>;
  /** How two commits differ. */
  readonly compare: (repo: WorktreeRepo, from: string, to: string) => Promise<Comparison>;
  /** What git tracks at or below these folders of a run's work tree, or of the main checkout; null while it cannot say. */
  readonly tracked: (
    of: { readonly repo: WorktreeRepo; readonly runId: string | null },
    folders: readonly string[],
  ) => Promise<readonly string[] | null>;
  /** After a move of the repository or of the state root: makes work trees and repository name each other again. */
  readonly repair: (repo: WorktreeRepo) => Promise<void>;
  /**
   * Saves uncommitted work under `refs/drover/saved/<run-id>`, then removes the work tree; the branch stays. `whyKeep` is
   * asked once nobody else of us is at the repository, and keeps it by a reason.
   */
  readonly saveAndRemove: (of: {
    readonly repo: WorktreeRepo;
    readonly runId: string;
    readonly whyKeep?: () => string | null;
  }) => Promise<Removal>;
};

/** Makes the room's part that works on work trees. */
export function createWorktrees(context: WorktreeContext): Worktrees {
  const { git, stateRoot } = context;

  const mainCheckout = async (repo: WorktreeRepo): Promise<Checkout> => {
    const resolved = await resolveUsable(git, repo);
    const { path: workTree, gitDir: commonDir, ownGitDir: gitDir } = resolved;
    return { workTree, gitDir, commonDir, trusted: repo.trusted };
  };

  const runCheckout = async (repo: WorktreeRepo, runId: string): Promise<Checkout> => {
    assertPart(runId);
    const main = await mainCheckout(repo);
    const folder = join(stateRoot, 'worktrees', repo.id);
    const workTree = join(await realpath(folder).catch(() => folder), runId);
    return { ...main, workTree, gitDir: adminDir(main.commonDir, runId) };
  };

  const placeOf = async ({ repo, runId, branch }: RunPlace): Promise<WorkPlace> => {
    const [main, checkout] = await Promise.all([mainCheckout(repo), runCheckout(repo, runId)]);
    return { main, checkout, runId, branch };
  };

  /** Runs `work` in the repository's queue, once nothing that it would write to leads elsewhere. */
  const inTurn = <T>(repo: WorktreeRepo, main: Checkout, work: () => Promise<T>): Promise<T> =>
    git.exclusive(main.commonDir, async () => {
      if (!repo.trusted) await assertPlainGitDir(main.commonDir);
      return work();
    });

  return {
    create: (wanted) => createWorktree(context, wanted),
    find: (wanted) => findWorktree(context, wanted),
    diff: async ({ repo, runId, branch = null, baseCommit, maxBytes }) => {
      const temporary = join(stateRoot, 'tmp');
      const options = { baseCommit, temporary, ...(maxBytes === undefined ? {} : { maxBytes }) };
      if (runId === null) return diffCheckout(git, await mainCheckout(repo), options);
      return diffWork(git, await placeOf({ repo, runId, branch }), options);
    },
    findBase: async (repo, base) => findBase(git, await resolveUsable(git, repo), base),
    describeMain: async (repo) => {
      const checkout = await mainCheckout(repo);
      const { workTree: path, gitDir, trusted } = checkout;
      const call = { ...placed(checkout), okCodes: [0, 1, 128] };
      const ref = await line(git, path, ['symbolic-ref', '--quiet', 'HEAD'], call);
      const head = await line(git, path, ['rev-parse', '--verify', '--quiet', 'HEAD'], call);
      return {
        path,
        branch: ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null,
        baseCommit: head === '' ? null : head,
        dirtyFiles: await describeDirty(git, { path, gitDir, trusted }),
      };
    },
    list: async (repoId) => {
      assertPart(repoId);
      const folder = join(stateRoot, 'worktrees', repoId);
      return (await namesIn(folder)).map((name) => join(folder, name));
    },
    places: async () => {
      const folder = join(stateRoot, 'worktrees');
      const places: { repoId: string; runId: string; path: string }[] = [];
      for (const repoId of await namesIn(folder)) {
        const names = await namesIn(join(folder, repoId));
        const runIds = new Set(names.map((name) => name.replace(/\.removing$/, '')));
        for (const runId of runIds) places.push({ repoId, runId, path: join(folder, repoId, runId) });
      }
      return places;
    },
    prepare: async ({ repo, runId, isNew }) => {
      const { main, checkout } = await placeOf({ repo, runId, branch: null });
      return prepareWorktree(git, { main, checkout, settings: await readOwnSettings(repo), isNew });
    },
    look: async ({ repo, runId }) => lookAt(context, await placeOf({ repo, runId, branch: null })),
    isContained: async ({ into, ...of }) => isContained(context, { place: await placeOf(of), into }),
    saved: async (repo) => listSaved(git, await mainCheckout(repo)),
    restore: async ({ baseCommit, ...of }) => {
      const place = await placeOf(of);
      return inTurn(of.repo, place.main, () => restoreWorktree(context, { place, baseCommit }));
    },
    apply: async ({ repo, runId, placeId, branch, label, squash }) => {
      const place = await placeOf({ repo, runId: placeId, branch });
      return inTurn(repo, place.main, () => applyWork(context, { place, runId, label, squash }));
    },
    joinOntoPlan: async ({ target, ...of }) => {
      const place = await placeOf(of);
      return inTurn(of.repo, place.main, () => joinOntoPlan(context, { ...of, place, branch: target }));
    },
    measure: async ({ head, title, ...of }) => {
      const place = await placeOf(of);
      return inTurn(of.repo, place.main, async () => {
        const made = await commitOfWork(context, { place, head, title, trailer: `Drover-Run: ${of.runId}` });
        if (made.kind !== 'commit') return null;
        const { lines } = await compareCommits(context, place.main, head, made.commit);
        return { commit: made.commit, lines };
      });
    },
    foreignBranch: async ({ taken, since, ...of }) =>
      foreignBranch(git, { place: await placeOf(of), taken, since }),
    published: async ({ from, base, since, ...of }) =>
      findPublished(git, { place: await placeOf(of), from, base, since }),
    branchHead: async (repo, branch) => branchHead(context, await mainCheckout(repo), branch),
    branches: async (repo) => listBranches(context, await mainCheckout(repo)),
    contains: async (repo, of) => containsCommit(context, await mainCheckout(repo), of),
    standing: async (repo, of) => findStanding(context, await mainCheckout(repo), of),
    moveBranch: async (repo, move) => {
      const main = await mainCheckout(repo);
      return inTurn(repo, main, () => moveBranch(context, main, move));
    },
    setBranchAside: async (repo, of) => {
      const main = await mainCheckout(repo);
      return inTurn(repo, main, () => setBranchAside(context, main, of));
    },
    compare: async (repo, from, to) => compareCommits(context, await mainCheckout(repo), from, to),
    tracked: async ({ repo, runId }, folders) => {
      const checkout = runId === null ? await mainCheckout(repo) : await runCheckout(repo, runId);
      return findTracked(git, { checkout, isRun: runId !== null }, folders);
    },
    repair: (repo) => repairWorktrees(context, repo),
    saveAndRemove: async ({ repo, runId, whyKeep }) => {
      const checkout = await runCheckout(repo, runId);
      return inTurn(repo, checkout, async () => {
        const reason = whyKeep?.() ?? null;
        if (reason !== null) return { wasThere: true, removed: false, reason, saved: null };
        return saveAndRemove(context, { checkout, runId, mainPath: repo.path });
      });
    },
  };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  return names.toSorted();
}
