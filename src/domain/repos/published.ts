import type { Git } from '../../foundation/git/index.ts';
import { assertObjectName, line, placed } from './checkout.ts';
import { isWhole, type WorkPlace } from './work.ts';

export type PublishedWanted = {
  readonly place: WorkPlace;
  /** Where its work tree began. */
  readonly from: string;
  /** A branch that nobody but a person moves. */
  readonly base: string;
  /** When the run was made, in milliseconds since the epoch: what it fetched was committed before. */
  readonly since: number;
};

/**
 * Where commits of a run are that only drover or a person may bring there: its base, and branches of remotes as they were
 * seen last. Empty where nothing was committed, and where the work tree is gone.
 */
export async function findPublished(
  git: Git,
  { place, from, base, since }: PublishedWanted,
): Promise<readonly string[]> {
  const { checkout } = place;
  assertObjectName(from);
  if (!(await isWhole(checkout))) return [];
  const call = { ...placed(checkout), okCodes: [0, 128] };
  const sinceThen = `--since=@${Math.floor(since / 1000)}`;
  const own = ['rev-list', '--first-parent', '--reverse', sinceThen, 'HEAD', `^${from}`];
  const oldest = (await line(git, checkout.workTree, own, call)).split('\n')[0] ?? '';
  if (oldest === '') return [];
  const holders = ['for-each-ref', `--contains=${oldest}`, '--format=%(refname:short)'];
  const refs = await line(git, checkout.workTree, [...holders, `refs/heads/${base}`, 'refs/remotes'], call);
  return refs.split('\n').filter((name) => name !== '');
}
