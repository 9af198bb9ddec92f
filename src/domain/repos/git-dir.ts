import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../contract/index.ts';

/** What our own calls write to below a git folder, so that none of it may be a link to somewhere else. */
const writtenPaths = [
  'info',
  'info/exclude',
  'logs',
  'logs/refs',
  'logs/refs/heads',
  'logs/refs/heads/drover',
  'logs/refs/drover',
  'logs/refs/drover/past',
  'logs/refs/drover/saved',
  'objects',
  'objects/pack',
  'packed-refs',
  'refs',
  'refs/drover',
  'refs/drover/applied',
  'refs/drover/past',
  'refs/drover/saved',
  'refs/heads',
  'refs/heads/drover',
  'worktrees',
];

/**
 * Throws `repo_unusable` when something that we would write to in the git folder, `more` included, is a link: it may
 * lead anywhere.
 */
export async function assertPlainGitDir(gitDir: string, more: readonly string[] = []): Promise<void> {
  for (const path of [...writtenPaths, ...more]) {
    const info = await lstat(join(gitDir, path)).catch(() => null);
    if (info?.isSymbolicLink()) {
      throw new AppError('repo_unusable', `${join(gitDir, path)} is a symbolic link`, {
        hint: 'trust the repository with `drover daemon trust` if that is meant',
      });
    }
  }
}
