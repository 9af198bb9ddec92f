/**
 * The branch of a plan: a reference that drover alone moves, and only while nobody has it checked out. Work comes onto it
 * by `merge-tree` and `update-ref` with the old value, so that a crash in between leaves it where it was, and what
 * somebody else moved is seen and not overwritten.
 */
import { join } from 'node:path';
import type { Git, GitCall } from '../../foundation/git/index.ts';
import { type Joined, joinWork } from './apply/join.ts';
import { assertNotCheckedOut } from './checked-out.ts';
import {
  assertObjectName,
  type Checkout,
  line,
  placed,
  type WorktreeContext,
  withTemporaryFolder,
} from './checkout.ts';
import { hasUnpushedWork } from './submodule.ts';
import { signalsBrought } from './tracked.ts';
import { commitOf, findWork, type Work, type WorkPlace } from './work.ts';

/** What came of joining work onto a plan's branch. */
export type JoinedPlan =
  | { readonly kind: 'joined'; readonly commit: string }
  /** The branch has all of it already. */
  | { readonly kind: 'nothing'; readonly commit: string }
  | { readonly kind: 'conflict'; readonly files: readonly string[] }
  /** The run has made repositories of their own in these folders: no commit can hold what is in them. */
  | { readonly kind: 'nested'; readonly folders: readonly string[] }
  /** In these submodules is work that is in none of their remotes: the link to it would lead nowhere. */
  | { readonly kind: 'unpushed'; readonly folders: readonly string[] }
  /** It has files in these folders of signals, which are read as somebody's word wherever they are checked out. */
  | { readonly kind: 'signals'; readonly folders: readonly string[] }
  /** The branch is not where drover left it. */
  | { readonly kind: 'moved'; readonly commit: string | null };

const durable: NonNullable<GitCall['settings']> = [
  ['core.fsync', 'committed,loose-object,reference'],
  ['core.fsyncMethod', 'fsync'],
];

export type JoinPlanWanted = {
  readonly place: WorkPlace;
  readonly branch: string;
  /** Where the plan's branch was left. */
  readonly head: string;
  readonly title: string;
  readonly trailer: string;
  /** What an earlier try was about to make of the branch; null where there was none. */
  readonly announced: () => string | null;
  /** Stores what the branch is about to be: by that alone a crash after it is told from somebody else's push. */
  readonly announce: (commit: string) => Promise<void>;
};

/** Joins all that a run has made onto the branch of its plan. Call it in the repository's queue. */
export async function joinOntoPlan(context: WorktreeContext, wanted: JoinPlanWanted): Promise<JoinedPlan> {
  const { git } = context;
  const { place, branch, title } = wanted;
  const { main } = place;
  const now = await commitOf(git, main, `refs/heads/${branch}`);
  if (now === '') return { kind: 'moved', commit: null };
  if (now === wanted.announced()) return { kind: 'joined', commit: now };
  if (now !== wanted.head) return { kind: 'moved', commit: now };
  const work = await workOf(context, place);
  const inside = work === null ? null : await repositoriesInside(context, place, work);
  if (inside !== null) return inside;
  const made = await joinFound(context, work, { place, head: now, title, trailer: wanted.trailer });
  if (made.kind === 'conflict') return made;
  if (made.kind === 'nothing') return { kind: 'nothing', commit: now };
  const folders = await signalsBrought(git, main, { from: now, to: made.commit });
  if (folders.length > 0) return { kind: 'signals', folders };
  await wanted.announce(made.commit);
  await moveBranch(context, main, { branch, from: now, to: made.commit });
  return { kind: 'joined', commit: made.commit };
}

/** True when `commit` is `within` itself or in its history; false where one of them is not there. */
export async function containsCommit(
  { git }: WorktreeContext,
  main: Checkout,
  { commit: from, within: to }: { readonly commit: string; readonly within: string },
): Promise<boolean> {
  assertObjectName(from);
  assertObjectName(to);
  const args = ['merge-base', '--is-ancestor', from, to];
  return (await git.run(main.workTree, args, { ...placed(main), okCodes: [0, 1, 128] })).code === 0;
}

type Joining = Pick<JoinPlanWanted, 'place' | 'head' | 'title' | 'trailer'>;

/** The commit at which a branch that is at `head` has all of a run's work. Changes nothing but the object store. */
export async function commitOfWork(context: WorktreeContext, wanted: Joining): Promise<Joined> {
  return joinFound(context, await workOf(context, wanted.place), wanted);
}

function workOf({ git, stateRoot }: WorktreeContext, place: WorkPlace): Promise<Work | null> {
  return withTemporaryFolder(join(stateRoot, 'tmp'), (folder) =>
    findWork(git, place, { folder, settings: durable }),
  );
}

async function joinFound(
  { git }: WorktreeContext,
  work: Work | null,
  { place, head, title, trailer }: Joining,
): Promise<Joined> {
  if (work === null) return { kind: 'nothing' };
  return joinWork(git, place.main, {
    head,
    work,
    applied: null,
    squash: false,
    words: { title, mergeTitle: `Merge ${title}`, trailer },
    call: { settings: durable },
  });
}

/** The repositories inside a work tree whose work no commit around them can hold, or null. */
async function repositoriesInside(
  { git }: WorktreeContext,
  { main, checkout }: WorkPlace,
  { nested, tree }: Work,
): Promise<JoinedPlan | null> {
  if (nested.length === 0) return null;
  const folders = nested.map((folder) => folder.replace(/\/$/, ''));
  const submodules = await submodulesOf(git, main, tree);
  const own = folders.filter((folder) => !submodules.has(folder));
  if (own.length > 0) return { kind: 'nested', folders: own };
  const unpushed: string[] = [];
  for (const folder of folders) if (await hasUnpushedWork(git, checkout, folder)) unpushed.push(folder);
  return unpushed.length === 0 ? null : { kind: 'unpushed', folders: unpushed };
}

/** The folders that a tree calls its submodules. */
async function submodulesOf(git: Git, main: Checkout, tree: string): Promise<ReadonlySet<string>> {
  const pattern = String.raw`^submodule\..*\.path$`;
  const args = ['config', '-z', '--blob', `${tree}:.gitmodules`, '--get-regexp', pattern];
  const { stdout } = await git.run(main.workTree, args, { ...placed(main), okCodes: [0, 1, 128] });
  const entries = stdout.toString().split('\0');
  return new Set(entries.map((entry) => entry.slice(entry.indexOf('\n') + 1)));
}

/**
 * Moves a branch that is at `from`; null: one that is not there yet. Throws `git_failed` when it is elsewhere, and
 * `checkout_busy` while it is checked out.
 */
export async function moveBranch(
  { git }: WorktreeContext,
  main: Checkout,
  { branch, from, to }: { readonly branch: string; readonly from: string | null; readonly to: string },
): Promise<void> {
  assertObjectName(to);
  await assertNotCheckedOut(git, main, branch);
  const before = from ?? '0'.repeat(to.length);
  await git.run(main.workTree, ['update-ref', '-m', 'drover', `refs/heads/${branch}`, to, before], {
    ...placed(main),
    settings: durable,
  });
}

/** Keeps a branch as it is under `refs/drover/plans/…` and takes it away. Throws `checkout_busy` while it is checked out. */
export async function setBranchAside(
  context: WorktreeContext,
  main: Checkout,
  { branch, aside }: { readonly branch: string; readonly aside: string },
): Promise<void> {
  const { git } = context;
  const at = await commitOf(git, main, `refs/heads/${branch}`);
  if (at === '') return;
  await assertNotCheckedOut(git, main, branch);
  await git.run(main.workTree, ['update-ref', `refs/drover/plans/${aside}`, at], {
    ...placed(main),
    settings: durable,
  });
  await git.run(main.workTree, ['update-ref', '-d', `refs/heads/${branch}`, at], placed(main));
}

/** Where each branch is. */
export async function listBranches(
  { git }: WorktreeContext,
  main: Checkout,
): Promise<ReadonlyMap<string, string>> {
  const args = ['for-each-ref', '--format=%(objectname) %(refname:lstrip=2)', 'refs/heads'];
  const listed = await line(git, main.workTree, args, { ...placed(main), maxOutputBytes: 2 ** 26 });
  const rows = listed.split('\n').filter((text) => text !== '');
  return new Map(rows.map((text) => [text.slice(text.indexOf(' ') + 1), text.slice(0, text.indexOf(' '))]));
}

/** The commit that a branch is at; null when it is not there. */
export async function branchHead(
  { git }: WorktreeContext,
  main: Checkout,
  branch: string,
): Promise<string | null> {
  const at = await commitOf(git, main, `refs/heads/${branch}`);
  return at === '' ? null : at;
}
