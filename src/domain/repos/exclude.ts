import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import { type Log, writeFileAtomic } from '../../base/index.ts';
import { readUntrusted } from '../../foundation/untrusted/index.ts';
import { signalFolders } from '../signals/index.ts';

/** Kept out of git in every checkout of the repository. */
const excludedPatterns = signalFolders.map((folder) => `${folder}/`);
const maxExcludeBytes = 4 * 2 ** 20;

/**
 * Adds our patterns to `info/exclude` of the git folder once, never to the user's .gitignore. A file that cannot be read
 * safely is left alone, and said.
 */
export async function ensureExcluded(gitDir: string, log: Log): Promise<void> {
  if (await hasPatterns(gitDir)) return;
  const folder = join(gitDir, 'info');
  const file = join(folder, 'exclude');
  await mkdir(folder, { recursive: true });
  let isCompromised = false;
  const release = await lockfile.lock(file, {
    realpath: false,
    stale: 10_000,
    retries: { retries: 30, minTimeout: 20, maxTimeout: 500 },
    lockfilePath: join(folder, 'exclude.drover-lock'),
    onCompromised: (error) => {
      isCompromised = true;
      log.warn('the lock on info/exclude was taken away', { err: error, gitDir });
    },
  });
  try {
    const read = await readUntrusted(gitDir, 'info/exclude', { maxBytes: maxExcludeBytes });
    if (!read.ok && read.reason !== 'missing') {
      log.warn('info/exclude was left alone', { gitDir, reason: read.reason });
      return;
    }
    const before = read.ok ? read.bytes : Buffer.alloc(0);
    const missing = missingIn(before);
    if (isCompromised || missing.length === 0) return;
    const glue = before.length > 0 && before.at(-1) !== 10 ? '\n' : '';
    const mode = read.ok ? (await stat(file)).mode & 0o777 : 0o644;
    const added = Buffer.from(`${glue}${missing.join('\n')}\n`);
    await writeFileAtomic(file, Buffer.concat([before, added]), { mode });
  } finally {
    if (!isCompromised) await release();
  }
}

async function hasPatterns(gitDir: string): Promise<boolean> {
  const read = await readUntrusted(gitDir, 'info/exclude', { maxBytes: maxExcludeBytes });
  return read.ok && missingIn(read.bytes).length === 0;
}

function missingIn(bytes: Buffer): readonly string[] {
  const lines = bytes.toString('latin1').split(/\r?\n/);
  return excludedPatterns.filter((pattern) => !lines.includes(pattern));
}
