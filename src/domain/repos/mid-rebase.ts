import { dirname, resolve } from 'node:path';
import { listUntrusted, readUntrusted } from '../../foundation/untrusted/index.ts';
import { type Checkout, exists } from './checkout.ts';

/** Where git keeps the branches that a rebase or a bisection comes back to: HEAD is detached meanwhile. */
const files = [
  'rebase-merge/head-name',
  'rebase-merge/update-refs',
  'rebase-apply/head-name',
  'BISECT_START',
] as const;
const maxFileBytes = 2 ** 20;
const maxAdminFolders = 10_000;

/** The checkout in which a branch is being rebased or bisected; null where it is in none whose folder is there. */
export async function findMidRebase(main: Checkout, branch: string): Promise<string | null> {
  const { commonDir, gitDir, workTree } = main;
  if (gitDir === commonDir && (await isNamed(commonDir, '', branch))) return workTree;
  const listed = await listUntrusted(commonDir, 'worktrees', { maxEntries: maxAdminFolders });
  for (const { name } of listed.ok ? listed.entries : []) {
    const admin = `worktrees/${name.toString()}`;
    if (!(await isNamed(commonDir, `${admin}/`, branch))) continue;
    const path = await checkoutOf(commonDir, admin);
    if (path !== null) return path;
  }
  return null;
}

async function isNamed(commonDir: string, prefix: string, branch: string): Promise<boolean> {
  for (const file of files) {
    const read = await readUntrusted(commonDir, `${prefix}${file}`, { maxBytes: maxFileBytes });
    const lines = read.ok ? read.bytes.toString().split('\n') : [];
    if (lines.includes(branch) || lines.includes(`refs/heads/${branch}`)) return true;
  }
  return false;
}

/** The folder that an admin folder belongs to; null when it is gone. */
async function checkoutOf(commonDir: string, admin: string): Promise<string | null> {
  const read = await readUntrusted(commonDir, `${admin}/gitdir`, { maxBytes: 8192 });
  if (!read.ok) return null;
  const link = resolve(commonDir, admin, read.bytes.toString().replace(/\n$/, ''));
  return (await exists(link)) ? dirname(link) : null;
}
