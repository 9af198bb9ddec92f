import { AppError, isAppError } from '../../contract/index.ts';
import type { Git } from '../../foundation/git/index.ts';
import { line, type WorktreeRepo } from './checkout.ts';
import { type ResolvedRepo, resolveRepo } from './resolve.ts';

/** The repository as it stands on disk now. Throws `repo_unusable` when it is gone or another one. */
export async function resolveUsable(git: Git, repo: WorktreeRepo): Promise<ResolvedRepo> {
  const unusable = (why: string, cause?: unknown) =>
    new AppError('repo_unusable', `The repository ${repo.path} cannot be used: ${why}`, {
      hint: 'put it back where it was, or remove it with `drover daemon remove` and add it anew',
      cause,
    });
  const resolved = await resolveRepo(git, repo.path).catch((error: unknown) => {
    throw isAppError(error) ? unusable(error.message, error) : error;
  });
  if (resolved.path !== repo.path) throw unusable(`it is now at ${resolved.path}`);
  return resolved;
}

/** Names that say which of several things they mean: HEAD, an object, a whole reference. */
const unambiguous = /^(HEAD|[0-9a-f]{40}|[0-9a-f]{64})\b|^refs\//;

/** The commit that `wanted` (HEAD unless told) names; a branch goes before a tag of its name. Throws `base_not_found`, or `repo_unusable` without any commit. */
export async function findBase(
  git: Git,
  resolved: ResolvedRepo,
  wanted: string | undefined,
): Promise<string> {
  const base = wanted ?? 'HEAD';
  const isOption = base.startsWith('-') || base === '' || /[\0\n]/.test(base);
  const readings = unambiguous.test(base) ? [base] : [`refs/heads/${base}`, base];
  for (const reading of isOption ? [] : readings) {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${reading}^{commit}`];
    const found = await line(git, resolved.path, args, { okCodes: [0, 1, 128] });
    if (/^[0-9a-f]+$/.test(found)) return found; // a range gives several, an exclusion one with a caret
  }
  const isEmpty = async () => {
    const any = ['rev-list', '--all', '--max-count=1'];
    return (await line(git, resolved.path, any, { okCodes: [0, 128] })) === '';
  };
  if (wanted === undefined || wanted === 'HEAD' || (!isOption && (await isEmpty()))) {
    throw new AppError('repo_unusable', `The repository ${resolved.path} has no commit yet`, {
      hint: 'make a first commit, or run with --in-place',
    });
  }
  throw new AppError('base_not_found', `'${base}' is no branch, tag or commit of ${resolved.path}`, {
    hint: 'name one that `git rev-parse` knows, such as main or origin/main',
  });
}
