import type { Git, GitCall } from '../../foundation/git/index.ts';
import { assertObjectName, type Checkout, line, placed } from './checkout.ts';

/** Where the work is held that a removed work tree had besides its branch. */
export const savedRef = (runId: string) => `refs/drover/saved/${runId}`;
/** Where it is held once a work tree has it again, or was removed anew without any. */
export const pastRef = (runId: string) => `refs/drover/past/${runId}`;

/** What the commit says that holds uncommitted files: by it we know our own from one of the run. */
export const savedMessage = (runId: string) => `drover: uncommitted work of ${runId}`;

/** Work that was saved when its work tree was removed. */
export type Saved = {
  readonly ref: string;
  readonly commit: string;
  /** The commit that the work tree stood at, which no branch may hold; null where there was none yet. */
  readonly head: string | null;
  /** Tree of all its files. */
  readonly tree: string;
  /** Tree of what was staged, where that was something else. */
  readonly stagedTree: string | null;
};

/** What was saved of a run at the last removal of its work tree, or null. */
export async function readSaved(git: Git, main: Checkout, runId: string): Promise<Saved | null> {
  const ask = (args: readonly string[], call: GitCall = {}) =>
    line(git, main.workTree, args, { ...placed(main), ...call });
  const ref = savedRef(runId);
  const commit = await ask(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], { okCodes: [0, 1, 128] });
  if (commit === '') return null;
  assertObjectName(commit);
  const [head = '', ...message] = (await ask(['cat-file', 'commit', commit])).split('\n\n');
  const named = (key: string) =>
    [...head.matchAll(new RegExp(`^${key} ([0-9a-f]+)$`, 'gm'))].map((match) => match[1] ?? '');
  const tree = named('tree')[0] ?? '';
  const [parent, staged] = named('parent');
  if (message.join('\n\n').trim() !== savedMessage(runId))
    return { ref, commit, head: commit, tree, stagedTree: null };
  const stagedTree = staged === undefined ? null : await ask(['rev-parse', `${staged}^{tree}`]);
  return { ref, commit, head: parent ?? null, tree, stagedTree };
}

/** Every reference of saved work in a repository, oldest run first. */
export async function listSaved(
  git: Git,
  main: Checkout,
): Promise<readonly { readonly runId: string; readonly ref: string; readonly commit: string }[]> {
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', savedRef('')];
  const listed = await line(git, main.workTree, args, placed(main));
  return listed
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => {
      const [commit = '', ref = ''] = text.split(' ');
      return { runId: ref.slice(savedRef('').length), ref, commit };
    });
}

/**
 * Moves a saved reference aside, so that one that is there always says what the last removal found. Both names change
 * in one transaction: the commit is never without a name.
 */
export async function retireSaved(
  git: Git,
  main: Checkout,
  { runId, settings }: { readonly runId: string; readonly settings?: GitCall['settings'] },
): Promise<void> {
  const call: GitCall = { ...placed(main), ...(settings === undefined ? {} : { settings }) };
  const ref = savedRef(runId);
  const commit = await line(git, main.workTree, ['rev-parse', '--verify', '--quiet', ref], {
    ...call,
    okCodes: [0, 1, 128],
  });
  if (commit === '') return;
  const orders = `update ${pastRef(runId)} ${commit}\ndelete ${ref} ${commit}\n`;
  await git.run(main.workTree, ['update-ref', '--create-reflog', '-m', 'drover: past', '--stdin'], {
    ...call,
    stdin: orders,
  });
}
