import { copyFile, lstat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git, GitCall } from '../../foundation/git/index.ts';
import { type Checkout, exists, line, placed } from './checkout.ts';
import { sortChanges } from './index-changes.ts';

export type Snapshot = {
  /** Tree of everything that is neither committed away nor ignored: tracked, changed and new files. */
  readonly tree: string;
  /** Tree of what was staged, or null where the index cannot say (conflicts, no index). */
  readonly stagedTree: string | null;
  /** Folders with a repository of their own, whose files no tree of this one can hold. */
  readonly nested: readonly string[];
};

export type SnapshotOptions = {
  /** A private folder for the index that is worked on: the checkout's own is only read. */
  readonly folder: string;
  /** Puts new objects elsewhere than in the repository. */
  readonly scratchObjects?: GitCall['scratchObjects'];
  readonly settings?: GitCall['settings'];
};

const slash = 0x2f;
const tab = 9;
const gitlinkMode = Buffer.from('160000');

/** Writes the state of a checkout's files as a tree, through an index of its own. */
export async function snapshot(git: Git, checkout: Checkout, options: SnapshotOptions): Promise<Snapshot> {
  const call: GitCall = {
    ...placed(checkout),
    indexFile: join(options.folder, 'index'),
    timeoutMs: 300_000,
    maxOutputBytes: 2 ** 30,
    ...(options.scratchObjects === undefined ? {} : { scratchObjects: options.scratchObjects }),
    ...(options.settings === undefined ? {} : { settings: options.settings }),
  };
  const run = (args: readonly string[], more: GitCall = {}) =>
    git.run(checkout.workTree, args, { ...call, ...more });

  const hasIndex = await takeIndex(git, checkout, call);
  const staged = hasIndex ? await run(['write-tree'], { okCodes: [0, 128] }) : null;
  await unhide(git, checkout, call);
  const listed = await run(['ls-files', '-z', '-m', '-d', '-o', '--exclude-standard']);
  const changed = split(listed.stdout);
  const files = changed.filter((path) => path.at(-1) !== slash);
  const submodules = await submodulesOf(git, checkout, call);
  const { drop, read } = await sortChanges(checkout.workTree, files, submodules);
  await run(['update-index', '-z', '--force-remove', '--stdin'], { stdin: join0(drop) });
  await run(['update-index', '-z', '--add', '--remove', '--replace', '--stdin'], { stdin: join0(read) });
  const tree = await line(git, checkout.workTree, ['write-tree'], call);

  const nested = await nestedOf(checkout, changed, submodules);
  const stagedTree = staged?.code === 0 ? staged.stdout.toString().trim() : null;
  return { tree, stagedTree, nested };
}

/** Copies the index, so that unchanged files need no reading; without a plain one it is made from HEAD. */
async function takeIndex(git: Git, checkout: Checkout, call: GitCall): Promise<boolean> {
  const own = join(checkout.gitDir, 'index');
  const info = await lstat(own).catch(() => null);
  if (info?.isFile()) {
    const copy = call.indexFile as string;
    await copyFile(own, copy);
    // By the age of its index git knows which files may have been changed in the second in which it looked at them. A
    // copy that is younger would hide such a change for good; one that is a little older costs a second look at most.
    const at = Math.floor(info.mtimeMs / 1000);
    await utimes(copy, at, at);
    const readable = await git.run(checkout.workTree, ['ls-files', '-z', '--', '.git'], {
      ...call,
      okCodes: [0, 128],
    });
    if (readable.code === 0) return true;
  }
  const head = await git.run(checkout.workTree, ['read-tree', 'HEAD'], { ...call, okCodes: [0, 128] });
  if (head.code !== 0) await git.run(checkout.workTree, ['read-tree', '--empty'], call);
  return false;
}

/** Takes back the marks "assume unchanged" and "skip" from files that are there: they hide changes. */
async function unhide(git: Git, checkout: Checkout, call: GitCall): Promise<void> {
  const { stdout } = await git.run(checkout.workTree, ['ls-files', '-v', '-z'], call);
  const assumed: Buffer[] = [];
  const skipped: Buffer[] = [];
  for (const entry of split(stdout)) {
    const tag = String.fromCharCode(entry[0] ?? 0);
    const path = entry.subarray(2);
    if (/[a-z]/.test(tag)) assumed.push(path);
    if (/s/i.test(tag) && (await exists(join(checkout.workTree, path.toString())))) skipped.push(path);
  }
  const clear = (flag: string, paths: readonly Buffer[]) =>
    git.run(checkout.workTree, ['update-index', '-z', flag, '--stdin'], { ...call, stdin: join0(paths) });
  if (assumed.length > 0) await clear('--no-assume-unchanged', assumed);
  if (skipped.length > 0) await clear('--no-skip-worktree', skipped);
}

async function submodulesOf(git: Git, checkout: Checkout, call: GitCall): Promise<readonly Buffer[]> {
  const { stdout } = await git.run(checkout.workTree, ['ls-files', '-z', '-s'], call);
  const links = split(stdout).filter((entry) => entry.subarray(0, 6).equals(gitlinkMode));
  return links.map((entry) => entry.subarray(entry.indexOf(tab) + 1));
}

/** Folders of a checkout with a repository of their own, as `snapshot` names them. */
export async function findNested(git: Git, checkout: Checkout): Promise<readonly string[]> {
  const call: GitCall = { ...placed(checkout), maxOutputBytes: 2 ** 30, timeoutMs: 120_000 };
  const untracked = ['ls-files', '-z', '-o', '--exclude-standard'];
  const listed = await git.run(checkout.workTree, untracked, call);
  return nestedOf(checkout, split(listed.stdout), await submodulesOf(git, checkout, call));
}

/** git ends the name of an untracked folder with a slash only where it has a repository. */
async function nestedOf(
  checkout: Checkout,
  changed: readonly Buffer[],
  submodules: readonly Buffer[],
): Promise<readonly string[]> {
  const untracked = changed.filter((path) => path.at(-1) === slash).map((path) => path.toString());
  const paths = submodules.map((path) => path.toString());
  const populated = await Promise.all(paths.map((path) => exists(join(checkout.workTree, path, '.git'))));
  return [...untracked, ...paths.filter((_, index) => populated[index])];
}

/** The NUL-ended records of git's -z output, as bytes: a path need not be UTF-8. */
export function split(bytes: Buffer): readonly Buffer[] {
  const records: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const nul = bytes.indexOf(0, start);
    const end = nul === -1 ? bytes.length : nul;
    records.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return records;
}

function join0(records: readonly Buffer[]): Buffer {
  const nul = Buffer.from([0]);
  return Buffer.concat(records.flatMap((record) => [record, nul]));
}
