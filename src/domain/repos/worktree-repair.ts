import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { adminDir, exists, isAdminOf, type WorktreeContext, type WorktreeRepo } from './checkout.ts';
import { assertPlainGitDir } from './git-dir.ts';
import { resolveUsable } from './usable.ts';

/**
 * Makes the repository and the work trees of its runs name each other by the paths that they have now. Harmless when they
 * do already. A work tree that git cannot mend stays as it is and is logged.
 */
export async function repairWorktrees(
  { git, log, stateRoot }: WorktreeContext,
  repo: WorktreeRepo,
): Promise<void> {
  const { path, gitDir } = await resolveUsable(git, repo);
  const folder = await realpath(join(stateRoot, 'worktrees', repo.id)).catch(() => null); // no run worked here yet
  if (folder === null) return;
  const ours: string[] = [];
  for (const name of await readdir(folder)) {
    if (await exists(adminDir(gitDir, name))) ours.push(name); // else another's, or one that is being removed
  }
  if (ours.length === 0) return;
  await git.exclusive(gitDir, async () => {
    if (!repo.trusted) await assertPlainGitDir(gitDir);
    // 1: some could not be mended, which may be work trees of the user's own
    const call = { trusted: repo.trusted, okCodes: [0, 1] };
    await git.run(path, ['worktree', 'repair', ...ours.map((name) => join(folder, name))], call);
  });
  for (const name of ours) {
    const tree = join(folder, name);
    if (!(await isAdminOf(adminDir(gitDir, name), tree))) log.warn('git does not know a work tree', { tree });
  }
}
