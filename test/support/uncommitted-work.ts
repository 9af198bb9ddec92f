import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { plainGit } from '../repos/fixture.ts';
import type { Random } from './random.ts';

/** Every file of a work tree, and every staged one, as `kind path` to the name that git gives its bytes. */
export type Inventory = ReadonlyMap<string, string>;

const oddNames = [
  'plain',
  'with space',
  '-dash',
  'quote"d',
  'new\nline',
  'ünï',
  'dir/deep/file',
  'sealed/file',
  '*',
];

/** Changes, adds, stages, removes and commits files of a work tree, as agents do. */
export function makeWork(random: Random, workTree: string): void {
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    const tracked = `tracked-${random.below(6)}`;
    const name = random.below(2) === 0 ? tracked : random.pick(oddNames);
    const path = join(workTree, name);
    switch (random.below(8)) {
      case 0:
        rmSync(path, { force: true });
        break;
      case 1:
        write(path, bytesOf(random));
        plainGit(workTree, 'add', '--all', '--', `:(literal)${name}`);
        write(path, bytesOf(random));
        break;
      case 2:
        rmSync(path, { force: true });
        mkdirSync(dirname(path), { recursive: true });
        symlinkSync(`to-${random.below(100)}`, path);
        break;
      case 3:
        if (random.below(8) === 0) plainGit(workTree, 'checkout', '-q', '--detach');
        if (random.below(4) === 0) {
          plainGit(workTree, 'add', '--all');
          plainGit(workTree, 'commit', '-q', '--allow-empty', '-m', 'by the agent');
        }
        break;
      case 4:
        write(path, bytesOf(random));
        if (!lstatSync(path).isSymbolicLink()) chmodSync(path, 0o755);
        break;
      default:
        write(path, bytesOf(random));
    }
  }
  const sealed = join(workTree, 'sealed');
  if (existsSync(sealed)) chmodSync(sealed, 0o700);
}

function write(path: string, bytes: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(path);
  writeFileSync(path, bytes);
}

function bytesOf(random: Random): Buffer {
  const size = random.below(20) === 0 ? random.below(2 ** 20) : random.below(3000);
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < Math.min(size, 4096); at += 1) bytes[at] = random.below(256);
  return bytes;
}

/** All that is in a folder: its files, and what its index has staged. `bytes` counts the files. */
export function takeInventory(folder: string, gitDir: string): { inventory: Inventory; bytes: number } {
  const inventory = new Map<string, string>();
  let bytes = 0;
  const walk = (below: string) => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (path === '.git') continue;
      if (entry.isDirectory()) {
        walk(path);
        continue;
      }
      const at = join(folder, path);
      const content = entry.isSymbolicLink() ? Buffer.from(readlinkSync(at)) : readFileSync(at);
      bytes += content.length;
      inventory.set(`file ${path}`, blobName(content));
    }
  };
  if (existsSync(folder)) walk('');
  for (const [path, name] of stagedIn(gitDir)) inventory.set(`staged ${path}`, name);
  return { inventory, bytes };
}

/** What an index has; nothing where git is just removing it, or has. */
function stagedIn(gitDir: string): [path: string, name: string][] {
  if (!existsSync(join(gitDir, 'index'))) return [];
  try {
    return entries(plainGit(dirname(gitDir), `--git-dir=${gitDir}`, 'ls-files', '-s', '-z'));
  } catch {
    return [];
  }
}

/** What a commit holds, as `kind` of an inventory; nothing where there is none of that name. */
export function inventoryOf(repo: string, commit: string, kind: 'file' | 'staged'): Inventory {
  let listed: string;
  try {
    listed = plainGit(repo, 'ls-tree', '-r', '-z', '--full-tree', commit);
  } catch {
    return new Map(); // no such reference
  }
  return new Map(entries(listed).map(([path, name]) => [`${kind} ${path}`, name]));
}

/** Paths and object names of what `ls-files -s -z` or `ls-tree -z` says. */
function entries(listed: string): [path: string, name: string][] {
  return listed
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const tab = entry.indexOf('\t');
      return [entry.slice(tab + 1), /[0-9a-f]{40}/.exec(entry.slice(0, tab))?.[0] ?? ''];
    });
}

function blobName(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}
