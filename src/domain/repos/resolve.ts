import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, sep } from 'node:path';
import { AppError, isAppError } from '../../contract/index.ts';
import type { Git } from '../../foundation/git/index.ts';
import { isInside, readUntrusted } from '../../foundation/untrusted/index.ts';
import { inodeOf } from './inode.ts';

/** A git repository as it stands on disk. */
export type ResolvedRepo = {
  /** Canonical path of the top of its main work tree. */
  readonly path: string;
  /** Canonical path of the folder with its objects and references, shared by all its work trees. */
  readonly gitDir: string;
  /** Canonical path of the one with HEAD and index of `path`: `gitDir`, but for a work tree of a bare repository. */
  readonly ownGitDir: string;
  /** Device and inode of `path`: what makes it the same one under any spelling. */
  readonly inode: string;
};

type Found = { readonly top: string; readonly gitDir: string; readonly commonDir: string };

const rulesHint = 'give a folder inside a git work tree of yours';

/**
 * Finds the repository that `path` belongs to: links resolved; a sub-directory or a linked work tree leads to the main
 * work tree (a linked one of a bare repository stands for itself). Throws `not_a_directory`, `not_a_repo`, `repo_bare`
 * or `repo_foreign_owner`. Runs nothing of the repository.
 */
export async function resolveRepo(git: Git, path: string): Promise<ResolvedRepo> {
  const folder = await canonicalFolder(path);
  const found = await discover(git, folder);
  if (found.gitDir === found.commonDir) return describe(found);
  await assertLinkedBothWays(found);
  return describe((await mainWorkTree(git, found.commonDir)) ?? found);
}

async function canonicalFolder(path: string): Promise<string> {
  if (!isAbsolute(path) || path.includes('\0')) {
    throw new AppError('not_a_directory', `${JSON.stringify(path)} is not an absolute path`);
  }
  try {
    const canonical = await realpath(path);
    if ((await stat(canonical)).isDirectory()) return canonical;
  } catch (error) {
    throw new AppError('not_a_directory', `${path} does not exist or cannot be opened`, {
      hint: rulesHint,
      cause: error,
    });
  }
  throw new AppError('not_a_directory', `${path} is not a directory`, { hint: rulesHint });
}

async function discover(git: Git, folder: string): Promise<Found> {
  const [top, gitDir, commonDir] = await Promise.all([
    ask(git, folder, ['--show-toplevel']),
    ask(git, folder, ['--absolute-git-dir']),
    ask(git, folder, ['--path-format=absolute', '--git-common-dir']),
  ]).catch((error: unknown) => {
    throw explain(folder, error);
  });
  const found = {
    top: await realpath(top),
    gitDir: await realpath(gitDir),
    commonDir: await realpath(commonDir),
  };
  await assertOwn([found.top, found.gitDir, found.commonDir, join(found.commonDir, 'config')]);
  await assertBelongsHere(git, folder, found);
  return found;
}

/** One answer per call: a path may hold any byte but NUL, so lines cannot be told apart. */
async function ask(git: Git, folder: string, args: readonly string[]): Promise<string> {
  const { stdout } = await git.run(folder, ['rev-parse', ...args], { timeoutMs: 10_000 });
  return stdout.toString().replace(/\n$/, '');
}

function explain(folder: string, error: unknown): unknown {
  if (!isAppError(error, 'git_failed')) return error;
  const said = String(error.fields.stderr ?? '');
  if (/dubious ownership/.test(said)) return foreign(folder, error);
  const isInGitDir = folder.split(sep).includes('.git');
  if (/cannot use bare repository|must be run in a work tree/.test(said) && !isInGitDir) {
    return new AppError('repo_bare', `${folder} is a bare repository`, {
      hint: 'make a work tree of it with `git worktree add`, or a clone, and add that',
      cause: error,
    });
  }
  if (isInGitDir || /not a git repository/.test(said)) {
    return new AppError('not_a_repo', `${folder} is not inside a git work tree`, {
      hint: rulesHint,
      cause: error,
    });
  }
  return new AppError('not_a_repo', `${folder} is no repository that git can read: ${error.message}`, {
    cause: error,
  });
}

function foreign(path: string, cause?: unknown): AppError {
  return new AppError('repo_foreign_owner', `${path} belongs to another user`, {
    hint: 'clone it as yourself, or make it yours with chown',
    cause,
  });
}

async function assertOwn(paths: readonly string[]): Promise<void> {
  const me = process.getuid?.();
  for (const path of paths) {
    if (me !== undefined && (await lstat(path)).uid !== me) throw foreign(path);
  }
}

/** A `core.worktree` or a `.git` file that borrows another repository would have us work outside of the folder. */
async function assertBelongsHere(git: Git, folder: string, found: Found): Promise<void> {
  const elsewhere = (why: string) =>
    new AppError('not_a_repo', `${folder} is not a work tree of its own: ${why}`, { hint: rulesHint });
  if (!(await isInside(found.top, folder))) throw elsewhere(`its configuration points at ${found.top}`);
  const again = await ask(git, found.top, ['--absolute-git-dir']).catch(() => '');
  if (again === '' || (await realpath(again)) !== found.gitDir) {
    throw elsewhere(`its configuration points at ${found.top}`);
  }
  if (basename(found.gitDir) === '.git' && dirname(found.gitDir) !== found.top) {
    throw elsewhere(`its .git points into ${dirname(found.gitDir)}`);
  }
}

/** A linked work tree is one only if the repository knows it: `<admin>/gitdir` names its `.git` file. */
async function assertLinkedBothWays({ top, gitDir }: Found): Promise<void> {
  const read = await readUntrusted(gitDir, 'gitdir', { maxBytes: 8192 });
  const back = read.ok ? read.bytes.toString().replace(/\n$/, '') : '';
  const isBack = isAbsolute(back) && (await realpath(dirname(back)).catch(() => '')) === top;
  if (!isBack) {
    throw new AppError('not_a_repo', `${top} says it is a work tree of ${gitDir}, which does not know it`, {
      hint: 'mend it with `git worktree repair`',
    });
  }
}

async function mainWorkTree(git: Git, commonDir: string): Promise<Found | null> {
  if (basename(commonDir) !== '.git') return null;
  try {
    const main = await discover(git, dirname(commonDir));
    return main.commonDir === commonDir && main.gitDir === commonDir ? main : null;
  } catch (error) {
    if (isAppError(error, 'not_a_repo') || isAppError(error, 'repo_bare')) return null;
    throw error;
  }
}

async function describe({ top, gitDir, commonDir }: Found): Promise<ResolvedRepo> {
  return { path: top, gitDir: commonDir, ownGitDir: gitDir, inode: (await inodeOf(top)) ?? '' };
}
