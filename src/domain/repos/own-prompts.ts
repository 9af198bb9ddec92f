import { planRoles } from '../../contract/index.ts';
import { readUntrusted } from '../../foundation/untrusted/index.ts';

/** Where a repository keeps prompts of its own, one file per role. */
export const ownPromptsFolder = '.drover/prompts';
export const maxOwnPromptBytes = 64 * 1024;

/** The prompts that a repository may bring: those of the roles, and of the question to who ended without a word. */
export const ownPromptNames = [...planRoles, 'ask'] as const;
export type OwnPromptName = (typeof ownPromptNames)[number];

/** The repository's own prompts by name; one that cannot be read safely counts as not there, and as a change of it. */
export async function readOwnPrompts(repoPath: string): Promise<ReadonlyMap<OwnPromptName, string>> {
  const read = await Promise.all(
    ownPromptNames.map(async (name) => {
      const found = await readUntrusted(repoPath, `${ownPromptsFolder}/${name}.md`, {
        maxBytes: maxOwnPromptBytes,
      });
      return found.ok ? ([name, found.bytes.toString('utf8')] as const) : null;
    }),
  );
  return new Map(read.filter((entry) => entry !== null));
}
