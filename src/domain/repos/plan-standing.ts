import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from '../../foundation/git/index.ts';
import { joinWork } from './apply/join.ts';
import {
  assertObjectName,
  type Checkout,
  line,
  placed,
  type WorktreeContext,
  withTemporaryFolder,
} from './checkout.ts';
import { containsCommit } from './plan-branch.ts';
import { split } from './snapshot.ts';
import { treeOf, type Work } from './work.ts';

/** How many of the newest commits of a base are looked at for one that brought the whole work of a plan. */
const maxCommitsLookedAt = 100;

/** How the branch of a plan and its base stand to each other. */
export type Standing =
  /** The base has all of it, or had it at some time. */
  | 'merged'
  /** What has come to the base touches files that the branch has changed. */
  | 'overlap'
  | 'apart';

export type StandingWanted = {
  /** The base as it was when the branch was last looked at. */
  readonly from: string;
  readonly base: string;
  readonly head: string;
};

/**
 * Compares what came to a base between two commits with what a branch has changed. Work that came as one commit (a squash)
 * or as others (a rebase) counts as merged too, also where the same lines were changed on the base since.
 */
export async function findStanding(
  context: WorktreeContext,
  main: Checkout,
  { from, base, head }: StandingWanted,
): Promise<Standing> {
  const { git } = context;
  for (const commit of [from, base, head]) assertObjectName(commit);
  if (await containsCommit(context, main, { commit: head, within: base })) return 'merged';
  const theirs = new Set(await changedFiles(git, main, [from, base]));
  const own = await changedFiles(git, main, [await forkOf(git, main, from, head), head]);
  if (own.length > 0 && !own.some((name) => theirs.has(name))) return 'apart';
  return (await wasMerged(context, main, { from, base, head })) ? 'merged' : 'overlap';
}

/** Where a branch left its base; where it never did, the base itself. */
async function forkOf(git: Git, main: Checkout, base: string, head: string): Promise<string> {
  const call = { ...placed(main), okCodes: [0, 1] };
  return (await line(git, main.workTree, ['merge-base', base, head], call)) || base;
}

async function changedFiles(
  git: Git,
  main: Checkout,
  [from, to]: readonly [from: string, to: string],
): Promise<readonly string[]> {
  const args = ['diff', '--name-only', '-z', '--no-renames', from, to];
  const { stdout } = await git.run(main.workTree, args, { ...placed(main), maxOutputBytes: 2 ** 27 });
  return split(stdout).map((name) => name.toString('latin1'));
}

/** True when joining the branch would have changed nothing at one of the commits that came to the base. */
async function wasMerged(
  context: WorktreeContext,
  main: Checkout,
  { from, base, head }: StandingWanted,
): Promise<boolean> {
  const { git, stateRoot } = context;
  const args = ['rev-list', '--first-parent', `--max-count=${maxCommitsLookedAt}`, base, `^${from}`];
  const came = (await line(git, main.workTree, args, placed(main))).split('\n').filter((one) => one !== '');
  return withTemporaryFolder(join(stateRoot, 'tmp'), async (folder) => {
    const scratchObjects = { path: join(folder, 'objects'), alternate: join(main.commonDir, 'objects') };
    await mkdir(scratchObjects.path, { mode: 0o700 });
    const work: Work = { tip: head, tree: await treeOf(git, main, head), isCommitted: true, nested: [] };
    const words = { title: 'look', mergeTitle: 'look', trailer: '' };
    const rest = { work, applied: null, squash: true, words, call: { scratchObjects } };
    for (const commit of came)
      if ((await joinWork(git, main, { head: commit, ...rest })).kind === 'nothing') return true;
    return false;
  });
}
