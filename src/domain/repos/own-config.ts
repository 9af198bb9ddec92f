import { createHash } from 'node:crypto';
import { AppError, isAppError, type RepoConfig } from '../../contract/index.ts';
import { parseRepoConfig } from '../../foundation/config/index.ts';
import { readUntrusted } from '../../foundation/untrusted/index.ts';
import { type OwnPromptName, readOwnPrompts } from './own-prompts.ts';

/** Where a repository keeps its own settings. */
export const ownConfigPath = '.drover/config.toml';
export const maxOwnConfigBytes = 256 * 1024;

/**
 * The text of the repository's own settings, its prompts, and the hash of both; a repository without any counts as one
 * with an empty file.
 */
export type OwnConfig = {
  readonly text: string;
  readonly prompts: ReadonlyMap<OwnPromptName, string>;
  readonly hash: string;
};

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
  const prompts = await readOwnPrompts(repoPath);
  const hash = createHash('sha256').update(bytes);
  for (const [name, prompt] of prompts) hash.update(`\0${name}\0${prompt}`);
  return { text: bytes.toString('utf8'), prompts, hash: hash.digest('hex') };
}

/** What a repository's own settings say, and whether a person trusts them as they stand. */
export type OwnSettings =
  | { readonly kind: 'none' }
  | { readonly kind: 'broken'; readonly problem: string }
  | {
      readonly kind: 'read';
      readonly config: RepoConfig;
      readonly prompts: ReadonlyMap<OwnPromptName, string>;
      readonly isTrusted: boolean;
    };

/** Reads and checks a repository's own settings; trust is judged on the very bytes that were read. */
export async function readOwnSettings(repo: {
  readonly path: string;
  readonly trustedHash: string | null;
}): Promise<OwnSettings> {
  try {
    const { text, prompts, hash } = await readOwnConfig(repo.path);
    if (text.trim() === '' && prompts.size === 0) return { kind: 'none' };
    const config = parseRepoConfig(text, `${repo.path}/${ownConfigPath}`);
    return { kind: 'read', config, prompts, isTrusted: hash === repo.trustedHash };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { kind: 'broken', problem: error.message };
  }
}
