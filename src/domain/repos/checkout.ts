import { lstat, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../base/index.ts';
import { AppError } from '../../contract/index.ts';
import type { Git, GitCall } from '../../foundation/git/index.ts';
import { readUntrusted, relativeParts } from '../../foundation/untrusted/index.ts';

/** What is needed of a registered repository to work in it. */
export type WorktreeRepo = { readonly id: string; readonly path: string; readonly trusted: boolean };

export type WorktreeContext = { readonly git: Git; readonly log: Log; readonly stateRoot: string };

/**
 * A folder with files of a repository, pinned to the git folder that we know it by: a `.git` that an agent put there
 * instead is not believed.
 */
export type Checkout = {
  readonly workTree: string;
  /** The git folder of this work tree alone (HEAD, index). */
  readonly gitDir: string;
  /** The one it shares with the others (objects, references). */
  readonly commonDir: string;
  readonly trusted: boolean;
};

/** What a git call in a checkout needs to be told. */
export function placed(checkout: Checkout): Pick<GitCall, 'gitDir' | 'workTree' | 'trusted'> {
  return { gitDir: checkout.gitDir, workTree: checkout.workTree, trusted: checkout.trusted };
}

/** The git folder that a work tree of ours has: git names it after the last part of the path, which is the run's id. */
export function adminDir(commonDir: string, runId: string): string {
  return join(commonDir, 'worktrees', runId);
}

/** The file in the admin folder that says that the work tree is whole. */
export const readyMarker = 'drover-ready';

/** True when the admin folder belongs to the work tree at `path`. */
export async function isAdminOf(admin: string, path: string): Promise<boolean> {
  const back = await readUntrusted(admin, 'gitdir', { maxBytes: 8192 });
  return back.ok && back.bytes.toString().replace(/\n$/, '') === join(path, '.git');
}

/** One line of git's output, without its end. */
export async function line(git: Git, cwd: string, args: readonly string[], call: GitCall): Promise<string> {
  return (await git.run(cwd, args, call)).stdout.toString().replace(/\n$/, '');
}

/** Throws unless `text` is a whole object name, so that it can be nothing else on a command line. */
export function assertObjectName(text: string): void {
  if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text)) {
    throw new AppError('base_not_found', `'${text}' is not the name of a commit`);
  }
}

/** Throws unless `name` is one plain part of a path. */
export function assertPart(name: string): void {
  if (relativeParts(name)?.length !== 1) throw new AppError('invalid_request', `'${name}' is not an id`);
}

/** Runs `work` with a private folder that is removed after it. */
export async function withTemporaryFolder<T>(
  parent: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(parent, 'git-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** True when something is there, a broken link too. */
export async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null;
}
