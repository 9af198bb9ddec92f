import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from '../../foundation/git/index.ts';
import { readUntrusted, writeNewUntrusted } from '../../foundation/untrusted/index.ts';
import { type Checkout, placed } from './checkout.ts';
import { split } from './snapshot.ts';

/** Bytes and files that a work tree gets copies of at most: settings, not packages. */
export const maxCopiedBytes = 64 * 2 ** 20;
export const maxCopiedFiles = 2000;

const refusalWords: Readonly<Record<string, string>> = {
  link: 'it is a link, or lies below one',
  not_a_file: 'it is no ordinary file',
  hard_linked: 'it has a second name elsewhere',
  unreadable: 'it cannot be read',
  unwritable: 'it cannot be written',
  exhausted: 'too many files were open',
};

/**
 * Copies ignored files of the main checkout that fit the patterns into a work tree, where they are not there yet. No link
 * is followed. Returns what a person should know: which files were left out, and why.
 */
export async function copyIgnored(
  git: Git,
  { main, checkout }: { readonly main: Checkout; readonly checkout: Checkout },
  patterns: readonly string[],
): Promise<readonly string[]> {
  if (patterns.length === 0) return [];
  const args = ['ls-files', '-z', '-o', '-i', '--exclude-standard', '--', ...patterns];
  const { stdout } = await git.run(main.workTree, args, { ...placed(main), hasPatterns: true });
  const paths = split(stdout).map((path) => path.toString());
  const notices: string[] = [];
  let bytesLeft = maxCopiedBytes;
  for (const [index, path] of paths.entries()) {
    if (index === maxCopiedFiles)
      return [...notices, tooMuch(paths.length - index, `${maxCopiedFiles} files`)];
    const read = await readUntrusted(main.workTree, path, { maxBytes: bytesLeft });
    if (!read.ok && read.reason === 'too_large')
      return [...notices, tooMuch(paths.length - index, `${maxCopiedBytes / 2 ** 20} MiB`)];
    const reason = read.ok ? await write(main, checkout, path, read.bytes) : read.reason;
    if (read.ok) bytesLeft -= read.bytes.length;
    if (reason === null || reason === 'exists' || reason === 'missing') continue;
    notices.push(`${path} was not copied: ${refusalWords[reason] ?? reason}`);
  }
  return notices;
}

async function write(
  main: Checkout,
  checkout: Checkout,
  path: string,
  bytes: Buffer,
): Promise<string | null> {
  const info = await lstat(join(main.workTree, path)).catch(() => null);
  const mode = (info?.mode ?? 0o600) & 0o777;
  const result = await writeNewUntrusted(checkout.workTree, path, { bytes, mode });
  if (result.ok) return null;
  return result.reason === 'missing' ? 'unwritable' : result.reason;
}

function tooMuch(files: number, limit: string): string {
  const what = files === 1 ? '1 ignored file was' : `${files} ignored files were`;
  return `${what} not copied: copies are limited to ${limit}; set-up commands can make the rest`;
}
