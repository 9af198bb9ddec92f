import { AppError } from '../../../contract/index.ts';
import type { Git } from '../../../foundation/git/index.ts';
import { type Checkout, placed } from '../checkout.ts';
import { split } from '../snapshot.ts';

const nul = Buffer.from([0]);

/**
 * Throws `repo_unusable` when one of the paths has a filter (git-lfs) that does not run because nobody trusts the
 * repository: the person's checkout would get the file as git stores it, and look unchanged.
 */
export async function assertNoFilter(git: Git, checkout: Checkout, paths: readonly Buffer[]): Promise<void> {
  if (checkout.trusted) return;
  const { stdout } = await git.run(checkout.workTree, ['check-attr', '-z', '--stdin', 'filter'], {
    ...placed(checkout),
    stdin: Buffer.concat(paths.flatMap((path) => [path, nul])),
    maxOutputBytes: 2 ** 30,
  });
  const records = split(stdout).map((record) => record.toString());
  for (let at = 0; at + 2 < records.length; at += 3) {
    const [path = '', , filter = ''] = records.slice(at, at + 3);
    if (filter === 'unspecified' || filter === 'unset') continue;
    throw new AppError(
      'repo_unusable',
      `${path} goes through the filter '${filter}', which does not run in a repository that is not trusted`,
      { hint: `look at its configuration, then: drover daemon trust ${checkout.workTree}` },
    );
  }
}
