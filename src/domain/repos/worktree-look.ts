import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readApplied } from './apply/applied.ts';
import { joinWork } from './apply/join.ts';
import { exists, isAdminOf, line, placed, type WorktreeContext, withTemporaryFolder } from './checkout.ts';
import { describeDirty } from './dirty.ts';
import { findNested } from './snapshot.ts';
import { commitOf, findWork, isWhole, type WorkPlace } from './work.ts';
import { asideOf } from './worktree-save.ts';

/** How the work tree of a run stands. */
export type WorktreeLook =
  | {
      readonly kind: 'whole';
      /** Null where HEAD is detached. */
      readonly branch: string | null;
      /** Null where HEAD names no commit. */
      readonly head: string | null;
      readonly uncommittedFiles: number;
      /** The commit is in the HEAD of the main checkout. */
      readonly isMerged: boolean;
      /** Folders with a repository of their own. */
      readonly nested: readonly string[];
    }
  /** Its making was cut short: nobody has worked in it. */
  | { readonly kind: 'half' }
  /** Its removal was cut short: what it had is saved. */
  | { readonly kind: 'removing' }
  /** git does not know the folder any more. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'gone' };

/** Looks at the work tree of a run. Changes nothing. */
export async function lookAt({ git }: WorktreeContext, { main, checkout }: WorkPlace): Promise<WorktreeLook> {
  const { workTree, gitDir, trusted } = checkout;
  if (!(await exists(workTree))) return { kind: (await exists(asideOf(checkout))) ? 'removing' : 'gone' };
  if (!(await isAdminOf(gitDir, workTree))) return { kind: 'unknown' };
  if (!(await isWhole(checkout))) return { kind: 'half' };
  const call = placed(checkout);
  const ref = await line(git, workTree, ['symbolic-ref', '--quiet', 'HEAD'], {
    ...call,
    okCodes: [0, 1, 128],
  });
  const head = await commitOf(git, checkout, 'HEAD');
  const mainHead = await commitOf(git, main, 'HEAD');
  const ancestor = ['merge-base', '--is-ancestor', head, mainHead];
  const isMerged =
    head !== '' &&
    mainHead !== '' &&
    (await git.run(workTree, ancestor, { ...call, okCodes: [0, 1] })).code === 0;
  return {
    kind: 'whole',
    branch: ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null,
    head: head === '' ? null : head,
    uncommittedFiles: await describeDirty(git, { path: workTree, gitDir, trusted }),
    isMerged,
    nested: await findNested(git, checkout),
  };
}

/**
 * True when a branch has all that the run has made, committed or not: applying it there would change no file. The branch is
 * that of the main checkout where none is named.
 */
export async function isContained(
  { git, stateRoot }: WorktreeContext,
  { place, into }: { readonly place: WorkPlace; readonly into: string | null },
): Promise<boolean> {
  const { main } = place;
  const head = await commitOf(git, main, into === null ? 'HEAD' : `refs/heads/${into}`);
  if (head === '') return false;
  return withTemporaryFolder(join(stateRoot, 'tmp'), async (folder) => {
    const scratchObjects = { path: join(folder, 'objects'), alternate: join(main.commonDir, 'objects') };
    await mkdir(scratchObjects.path, { mode: 0o700 });
    const work = await findWork(git, place, { folder, scratchObjects });
    if (work === null) return false;
    const applied = into === null ? await readApplied(git, main, { placeId: place.runId, head }) : null;
    const words = { title: 'look', mergeTitle: 'look', trailer: '' };
    const call = { scratchObjects };
    const joined = await joinWork(git, main, { head, work, applied, squash: true, words, call });
    return joined.kind === 'nothing';
  });
}
