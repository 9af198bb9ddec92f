import { createHash } from 'node:crypto';
import { AppError } from '../../contract/index.ts';
import { readUntrusted } from '../../foundation/untrusted/index.ts';

/** Where a repository keeps its own settings. */
export const ownConfigPath = '.drover/config.toml';
export const maxOwnConfigBytes = 256 * 1024;

/** The text of the repository's own settings and its hash; a repository without any counts as one with an empty file. */
export type OwnConfig = { readonly text: string; readonly hash: string };

/**
 * Reads the repository's own settings. Trust is bound to the hash. Throws `repo_unusable` for a file that is a link, a
 * device or too large: such a one cannot be trusted.
 */
export async function readOwnConfig(repoPath: string): Promise<OwnConfig> {
  const read = await readUntrusted(repoPath, ownConfigPath, { maxBytes: maxOwnConfigBytes });
  if (!read.ok && read.reason !== 'missing') {
    throw new AppError('repo_unusable', `${repoPath}/${ownConfigPath} cannot be read: ${read.reason}`, {
      hint: `make it an ordinary file of at most ${maxOwnConfigBytes / 1024} KiB`,
    });
  }
  const bytes = read.ok ? read.bytes : Buffer.alloc(0);
  return { text: bytes.toString('utf8'), hash: createHash('sha256').update(bytes).digest('hex') };
}
