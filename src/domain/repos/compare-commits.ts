import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git, GitCall } from '../../foundation/git/index.ts';
import {
  assertObjectName,
  type Checkout,
  line,
  type WorktreeContext,
  withTemporaryFolder,
} from './checkout.ts';
import { treeOf } from './work.ts';

/** How two commits differ. */
export type Comparison = {
  /** Lines added plus deleted. A binary file counts as one, and so does a new mode, and a file of no lines. */
  readonly lines: number;
  /** In words, file by file. */
  readonly stat: string;
  /** The tree of the second. */
  readonly tree: string;
};

const maxStatBytes = 64 * 1024;

/** Compares two commits, whatever the attributes and the settings of the repository say of its files. */
export async function compareCommits(
  { git, stateRoot }: WorktreeContext,
  main: Checkout,
  from: string,
  to: string,
): Promise<Comparison> {
  assertObjectName(from);
  assertObjectName(to);
  return withTemporaryFolder(join(stateRoot, 'tmp'), async (folder) => {
    const place = await bareAround(git, { folder, main, isSha256: to.length === 64 });
    const diff = (args: readonly string[], maxOutputBytes: number) =>
      line(git, folder, ['diff', ...args, '--no-renames', '--ignore-submodules=none', from, to], {
        ...place,
        maxOutputBytes,
        timeoutMs: 300_000,
      });
    const counted = await diff(['--raw', '--no-abbrev', '--numstat'], 2 ** 26);
    const stat = await diff(['--stat=120', '--compact-summary'], maxStatBytes);
    return { lines: linesOf(counted), stat, tree: await treeOf(git, main, to) };
  });
}

/** An empty repository that sees the objects of another: nothing there says how its files are to be looked at. */
async function bareAround(
  git: Git,
  {
    folder,
    main,
    isSha256,
  }: { readonly folder: string; readonly main: Checkout; readonly isSha256: boolean },
): Promise<GitCall> {
  const gitDir = join(folder, 'bare.git');
  const workTree = join(folder, 'empty');
  await mkdir(workTree);
  const format = isSha256 ? 'sha256' : 'sha1';
  await git.run(folder, ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, gitDir]);
  const scratchObjects = { path: join(gitDir, 'objects'), alternate: join(main.commonDir, 'objects') };
  return { gitDir, workTree, scratchObjects };
}

function linesOf(counted: string): number {
  const records = counted.split('\n').filter((text) => text !== '');
  const changed = records
    .filter((text) => !text.startsWith(':'))
    .map((text) => text.split('\t', 2))
    .map(([added, deleted]) => (added === '-' ? 1 : Math.max(1, Number(added) + Number(deleted))));
  return changed.reduce((sum, one) => sum + one, 0) + records.filter(hasNewModeToo).length;
}

/** True for a file that has both another content and another mode. */
function hasNewModeToo(text: string): boolean {
  const [, mode, newMode, id, newId] = /^:(\d+) (\d+) (\w+) (\w+) [MT]/.exec(text) ?? [];
  return mode !== newMode && id !== newId;
}
