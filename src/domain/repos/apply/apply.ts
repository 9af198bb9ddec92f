/**
 * Bringing the work of a run into the person's own checkout, so that a crash at any point loses nothing of theirs
 * (docs/adr/0010-apply-and-set-up.md):
 * 1. The commit that has both is made in the object store: nothing that a person sees has changed.
 * 2. What of the checkout stands in the way is looked for, and refused with all names.
 * 3. `git merge --ff-only` takes the checkout there: git's own lock, its own protection of changed files, its own
 *    reflog. With `squash` it stops before HEAD moves.
 */
import { join } from 'node:path';
import { writeFileAtomic } from '../../../base/index.ts';
import { AppError } from '../../../contract/index.ts';
import { configTimeoutMs, type GitCall } from '../../../foundation/git/index.ts';
import { line, placed, type WorktreeContext, withTemporaryFolder } from '../checkout.ts';
import { split } from '../snapshot.ts';
import { findWork, type WorkPlace } from '../work.ts';
import { noteApplied, readApplied } from './applied.ts';
import { assertNoFilter } from './filters.ts';
import { joinWork } from './join.ts';
import { ownChanges } from './own-changes.ts';
import { readyCheckout } from './readiness.ts';

export type ApplyWanted = {
  readonly place: WorkPlace;
  /** The run that is asked for, which may work in the place of another. */
  readonly runId: string;
  /** What the run is about: a label or a prompt. */
  readonly label: string;
  readonly squash: boolean;
};

export type Applied = {
  /** False: the checkout has all of it already. */
  readonly isChanged: boolean;
  /** Where the branch is now; null where no commit was made. */
  readonly commit: string | null;
  readonly branch: string | null;
  /** Files that were changed. */
  readonly files: number;
  /** Repositories inside the run's work tree, whose files stay there. */
  readonly leftOut: readonly string[];
};

const durable: NonNullable<GitCall['settings']> = [
  ['core.fsync', 'committed,loose-object'],
  ['core.fsyncMethod', 'fsync'],
];
/** Whatever the person has made their default for a merge, this one only goes forward, and only in plain sight. */
const forwardOnly = [
  '--ff-only',
  '--no-autostash',
  '--no-verify-signatures',
  '--no-stat',
  '--no-overwrite-ignore',
  '--quiet',
];
const checkoutTimeoutMs = 600_000;
const maxTitleChars = 72;
const maxNamedFiles = 20;

/**
 * Brings all that a run has made into the main checkout. Call it in the repository's queue. Throws, with nothing
 * changed, `apply_conflict`, `checkout_changed`, `checkout_busy` or `repo_unusable`.
 */
export async function applyWork(context: WorktreeContext, wanted: ApplyWanted): Promise<Applied> {
  const { git, stateRoot } = context;
  const { place, squash, runId } = wanted;
  const { main } = place;
  const { head, branch } = await readyCheckout(git, main, { squash });
  const title = titleOf(wanted.label, runId);
  const trailer = `Drover-Run: ${runId}`;
  const call: GitCall = { settings: durable, identity: await identityOf(context, main.workTree) };

  const work = await withTemporaryFolder(join(stateRoot, 'tmp'), (folder) =>
    findWork(git, place, { folder, settings: durable }),
  );
  const leftOut = work?.nested ?? [];
  const nothing: Applied = { isChanged: false, commit: null, branch, files: 0, leftOut };
  if (work === null) return nothing;
  const mergeTitle = `Merge ${place.branch ?? runId}: ${title}`;
  const joined = await joinWork(git, main, {
    head,
    work,
    applied: await readApplied(git, main, { placeId: place.runId, head }),
    squash,
    words: { title, mergeTitle, trailer },
    call,
  });
  if (joined.kind === 'nothing') return nothing;
  if (joined.kind === 'conflict') throw conflict(branch, joined.files);

  const changes = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', head, joined.commit];
  const listed = await git.run(main.workTree, changes, { ...placed(main), maxOutputBytes: 2 ** 30 });
  const paths = split(listed.stdout);
  const inTheWay = await ownChanges(git, main, paths);
  if (inTheWay.length > 0) throw changed(main.workTree, inTheWay);
  await assertNoFilter(git, main, paths);

  await git.run(
    main.workTree,
    ['merge', ...forwardOnly, squash ? '--squash' : '--no-squash', joined.commit],
    {
      ...placed(main),
      ...call,
      settings: branch === null ? durable : [...durable, [`branch.${branch}.mergeOptions`, '']],
      timeoutMs: checkoutTimeoutMs,
    },
  );
  if (!squash) await noteApplied(git, main, { placeId: place.runId, tree: work.tree, commit: joined.commit });
  // git has put the history there that the person asked not to have
  if (squash) await writeFileAtomic(join(main.gitDir, 'SQUASH_MSG'), `${title}\n\n${trailer}\n`);
  return { isChanged: true, commit: squash ? null : joined.commit, branch, files: paths.length, leftOut };
}

/** The first line of a label or prompt that says anything, as the first line of a commit. */
function titleOf(label: string, runId: string): string {
  const lines = label.split(/\r?\n/).map((text) => text.replace(/\p{Cc}/gu, ' ').trim());
  const title = [...(lines.find((text) => text !== '') ?? `Work of ${runId}`)];
  if (title.length <= maxTitleChars) return title.join('');
  return `${title.slice(0, maxTitleChars - 1).join('')}…`;
}

/** Who the commits are by: the person, as their git knows them, because it is they who take the work. */
async function identityOf({ git }: WorktreeContext, cwd: string): Promise<NonNullable<GitCall['identity']>> {
  const ask = (key: string) =>
    line(git, cwd, ['config', '--get', key], { trusted: true, okCodes: [0, 1], timeoutMs: configTimeoutMs });
  const [name, email] = [await ask('user.name'), await ask('user.email')];
  return name === '' || email === '' ? { name: 'drover', email: 'drover@localhost' } : { name, email };
}

function conflict(branch: string | null, files: readonly string[]): AppError {
  const there = branch === null ? 'the checked-out commit' : `the branch ${branch}`;
  return new AppError('apply_conflict', withNames(`The work conflicts with ${there} in`, files), {
    hint: 'merge the branch of the run by hand, or start a run that brings it up to date',
    fields: { files },
  });
}

function changed(workTree: string, files: readonly string[]): AppError {
  return new AppError(
    'checkout_changed',
    withNames(`Changes of your own in ${workTree} are in the way:`, files),
    {
      hint: 'commit, stash or move them, then try again; nothing was changed',
      fields: { files },
    },
  );
}

function withNames(what: string, files: readonly string[]): string {
  const more = files.length - maxNamedFiles;
  const named = files.slice(0, maxNamedFiles);
  return [what, ...named, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}
