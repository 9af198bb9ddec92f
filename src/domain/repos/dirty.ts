import type { Git } from '../../foundation/git/index.ts';
import { split } from './snapshot.ts';

/** How many files of a checkout are changed or new and not committed. Submodules are not looked into. */
export async function describeDirty(
  git: Git,
  place: { readonly path: string; readonly gitDir: string; readonly trusted: boolean },
): Promise<number> {
  const { stdout } = await git.run(
    place.path,
    ['status', '--porcelain=v1', '-z', '--no-renames', '--untracked-files=normal'],
    { gitDir: place.gitDir, workTree: place.path, trusted: place.trusted, timeoutMs: 60_000 },
  );
  return split(stdout).length;
}
