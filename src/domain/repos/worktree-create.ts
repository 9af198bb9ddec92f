/**
 * Making a work tree, so that a daemon that dies at any point finds it whole or makes it anew:
 * 1. `git worktree add --no-checkout` makes branch, admin folder and `.git` file; it runs in the main checkout.
 * 2. `git read-tree` fills it. It runs in the new work tree, so that the drivers that a conditional include brings in
 *    there are seen and made harmless: git's own checkout would run before anyone could look.
 * 3. The marker in the admin folder says that it is whole. Without it nobody has worked there, and it is made anew.
 */
import { mkdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../../base/index.ts';
import { AppError } from '../../contract/index.ts';
import { readUntrusted } from '../../foundation/untrusted/index.ts';
import {
  adminDir,
  assertPart,
  type Checkout,
  exists,
  isAdminOf,
  line,
  placed,
  readyMarker,
  type WorktreeContext,
  type WorktreeRepo,
} from './checkout.ts';
import { describeDirty } from './dirty.ts';
import { ensureExcluded } from './exclude.ts';
import { assertPlainGitDir } from './git-dir.ts';
import { branchName } from './project-name.ts';
import { removeTree } from './remove-tree.ts';
import type { ResolvedRepo } from './resolve.ts';
import { findBase, resolveUsable } from './usable.ts';

export type NewWorktree = {
  readonly repo: WorktreeRepo;
  readonly runId: string;
  /** Branch, tag or commit to start from; HEAD unless told. */
  readonly base?: string | undefined;
  /** What the branch's name says besides the id: a label or a prompt. */
  readonly label: string;
};

export type CreatedWorktree = {
  readonly path: string;
  readonly branch: string;
  readonly baseCommit: string;
  /** Uncommitted files in the main checkout, which are not in the work tree. */
  readonly dirtyFiles: number;
};

/** Checkouts of large repositories in parallel; git uses it from 100 files on. */
const checkoutWorkers = ['checkout.workers', '2'] as const;
const checkoutTimeoutMs = 600_000;

/** Makes the work tree of a run, or hands back the one that is there. */
export async function createWorktree(
  context: WorktreeContext,
  wanted: NewWorktree,
): Promise<CreatedWorktree> {
  assertPart(wanted.runId);
  const { git, log } = context;
  const resolved = await resolveUsable(git, wanted.repo);
  return git.exclusive(resolved.gitDir, async () => {
    if (!wanted.repo.trusted) await assertPlainGitDir(resolved.gitDir);
    const path = await pathOf(context, wanted);
    const found = await findWhole(context, { resolved, path, wanted });
    if (found !== null) return found;
    const base = await findBase(git, resolved, wanted.base);
    await ensureExcluded(resolved.gitDir, log);
    const branch = branchName(wanted.runId, wanted.label);
    const baseCommit = await add(context, { resolved, wanted, path, branch, base });
    const checkout = checkoutOf({ resolved, wanted, path });
    await fillTree(context, checkout, 'HEAD');
    await markWhole(checkout, baseCommit);
    return { path, branch, baseCommit, dirtyFiles: await countDirty(context, resolved, wanted) };
  });
}

/** The work tree that a run has; null when it is gone, or not whole: then nothing is touched. */
export async function findWorktree(
  context: WorktreeContext,
  wanted: NewWorktree,
): Promise<CreatedWorktree | null> {
  assertPart(wanted.runId);
  const resolved = await resolveUsable(context.git, wanted.repo);
  return context.git.exclusive(resolved.gitDir, async () => {
    if (!wanted.repo.trusted) await assertPlainGitDir(resolved.gitDir);
    return findWhole(context, { resolved, path: await pathOf(context, wanted), wanted });
  });
}

async function pathOf({ stateRoot }: WorktreeContext, { repo, runId }: NewWorktree): Promise<string> {
  const folder = join(stateRoot, 'worktrees', repo.id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return join(await realpath(folder), runId);
}

type Place = { readonly resolved: ResolvedRepo; readonly wanted: NewWorktree; readonly path: string };

async function findWhole(context: WorktreeContext, place: Place): Promise<CreatedWorktree | null> {
  const { git } = context;
  const checkout = checkoutOf(place);
  if (!(await isAdminOf(checkout.gitDir, place.path))) return null;
  const marker = await readUntrusted(checkout.gitDir, readyMarker, { maxBytes: 100 });
  if (!marker.ok || !(await exists(place.path))) return null;
  const ref = await line(git, place.path, ['symbolic-ref', '--quiet', 'HEAD'], {
    ...placed(checkout),
    okCodes: [0, 1],
  });
  return {
    path: place.path,
    branch: ref.replace(/^refs\/heads\//, ''),
    baseCommit: marker.bytes.toString(),
    dirtyFiles: await countDirty(context, place.resolved, place.wanted),
  };
}

function checkoutOf({ resolved, wanted, path }: Place): Checkout {
  return {
    workTree: path,
    gitDir: adminDir(resolved.gitDir, wanted.runId),
    commonDir: resolved.gitDir,
    trusted: wanted.repo.trusted,
  };
}

type Addition = Place & { readonly branch: string; readonly base: string };

/** Registers the work tree. A branch that a dead daemon left is taken as it is. Returns the commit it stands at. */
async function add(context: WorktreeContext, addition: Addition): Promise<string> {
  const { resolved, path, branch, base, wanted } = addition;
  const args = ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`];
  const call = { trusted: wanted.repo.trusted, okCodes: [0, 1] };
  const left = await line(context.git, resolved.path, args, call);
  const target = left === '' ? ['--no-track', '-b', branch, path, base] : [path, branch];
  await registerTree(context, { checkout: checkoutOf(addition), mainPath: resolved.path, target });
  return left === '' ? base : left;
}

/** Has git register a work tree without files; what stood at its place was never whole. */
export async function registerTree(
  { git }: WorktreeContext,
  {
    checkout,
    mainPath,
    target,
  }: { readonly checkout: Checkout; readonly mainPath: string; readonly target: readonly string[] },
): Promise<void> {
  const { workTree, gitDir, trusted } = checkout;
  await removeTree(workTree);
  await removeTree(gitDir); // named after the run, so it is nobody else's
  await git.run(mainPath, ['worktree', 'add', '--force', '--no-checkout', ...target], { trusted });
  if (await isAdminOf(gitDir, workTree)) return;
  throw new AppError('repo_unusable', `git keeps ${workTree} elsewhere than in ${gitDir}`);
}

/** Fills a registered work tree, and its index, with the files of a tree. */
export async function fillTree({ git }: WorktreeContext, checkout: Checkout, tree: string): Promise<void> {
  await git.run(checkout.workTree, ['read-tree', '--reset', '-u', tree], {
    ...placed(checkout),
    settings: [checkoutWorkers],
    timeoutMs: checkoutTimeoutMs,
  });
}

/** Says that a work tree is whole, and which commit its run started from. */
export async function markWhole(checkout: Checkout, baseCommit: string): Promise<void> {
  await writeFileAtomic(join(checkout.gitDir, readyMarker), baseCommit, { durable: true });
}

async function countDirty(
  context: WorktreeContext,
  resolved: ResolvedRepo,
  wanted: NewWorktree,
): Promise<number> {
  const { trusted } = wanted.repo;
  return describeDirty(context.git, { path: resolved.path, gitDir: resolved.ownGitDir, trusted }).catch(
    (error: unknown) => {
      context.log.warn('uncommitted files could not be counted', {
        err: error,
        folder: dirname(resolved.gitDir),
      });
      return 0;
    },
  );
}
