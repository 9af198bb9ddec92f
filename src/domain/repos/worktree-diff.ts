import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../contract/index.ts';
import type { Git } from '../../foundation/git/index.ts';
import { assertObjectName, type Checkout, placed, withTemporaryFolder } from './checkout.ts';
import { snapshot } from './snapshot.ts';
import { findWork, type WorkOptions, type WorkPlace } from './work.ts';

export type Diff = { readonly patch: Buffer; readonly truncated: boolean };

export type DiffOptions = {
  readonly baseCommit: string;
  readonly temporary: string;
  readonly maxBytes?: number;
};

/** The longest patch that is handed out unless told. */
export const maxDiffBytes = 16 * 2 ** 20;

/**
 * The patch from `baseCommit` to the files as they are now: committed, uncommitted and new ones, binary ones too. The
 * user's index and object store stay untouched. A patch that is too long is cut at a line and says so in its last one.
 */
export async function diffCheckout(git: Git, checkout: Checkout, options: DiffOptions): Promise<Diff> {
  return diffTo(git, checkout, options, async (scratch) => (await snapshot(git, checkout, scratch)).tree);
}

/**
 * The same for what a run has made, also once its work tree is removed: from its branch and what was saved. Throws
 * `worktree_not_found` when nothing is left of it.
 */
export async function diffWork(git: Git, place: WorkPlace, options: DiffOptions): Promise<Diff> {
  return diffTo(git, place.main, options, async (scratch) => {
    const work = await findWork(git, place, scratch);
    if (work !== null) return work.tree;
    throw new AppError('worktree_not_found', `Nothing is left of the worktree of ${place.runId}`, {
      hint: 'its branch was deleted, and nothing of it was uncommitted',
    });
  });
}

type Scratch = Required<Pick<WorkOptions, 'folder' | 'scratchObjects'>>;

async function diffTo(
  git: Git,
  checkout: Checkout,
  options: DiffOptions,
  findTree: (scratch: Scratch) => Promise<string>,
): Promise<Diff> {
  assertObjectName(options.baseCommit);
  const maxBytes = options.maxBytes ?? maxDiffBytes;
  return withTemporaryFolder(options.temporary, async (folder) => {
    const scratchObjects = { path: join(folder, 'objects'), alternate: join(checkout.commonDir, 'objects') };
    await mkdir(scratchObjects.path, { mode: 0o700 });
    const tree = await findTree({ folder, scratchObjects });
    const { stdout, truncated } = await git.run(
      checkout.workTree,
      [
        'diff-tree',
        '-r',
        '-p',
        '--binary',
        '-M',
        '--no-color',
        '--submodule=short',
        options.baseCommit,
        tree,
      ],
      { ...placed(checkout), scratchObjects, maxOutputBytes: maxBytes, timeoutMs: 120_000 },
    );
    return truncated ? { patch: cut(stdout, maxBytes), truncated } : { patch: stdout, truncated };
  });
}

function cut(patch: Buffer, maxBytes: number): Buffer {
  const end = patch.lastIndexOf(10) + 1;
  const note = `drover: this diff is longer than ${maxBytes} bytes and was cut here\n`;
  return Buffer.concat([patch.subarray(0, end), Buffer.from(note)]);
}
