import { planRoles } from '../../contract/index.ts';
import { nearestSpelling } from '../../foundation/config/index.ts';
import { listUntrusted, readUntrusted } from '../../foundation/untrusted/index.ts';

/** Where a repository keeps prompts of its own, one file per role. */
export const ownPromptsFolder = '.drover/prompts';
export const maxOwnPromptBytes = 64 * 1024;
/** So many files of that folder are looked at for one that is no prompt. */
const maxListed = 100;

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

/** Files of that folder that no agent is told, or that cannot be used, each in a sentence. `check`: what is wrong with a prompt. */
export async function findUnusedPrompts(
  repoPath: string,
  check: (prompt: string) => string | null,
): Promise<readonly string[]> {
  const listed = await listUntrusted(repoPath, ownPromptsFolder, { maxEntries: maxListed });
  if (!listed.ok) return [];
  const names = listed.entries
    .filter(({ kind }) => kind !== 'folder')
    .map(({ name }) => name.toString('utf8'))
    .filter((name) => !/^(\.|readme)|~$/i.test(name))
    .sort();
  const found = await Promise.all(
    names.map(async (name) => {
      const why = await whyUnused(repoPath, name, check);
      return why === null ? [] : [`${ownPromptsFolder}/${name} ${why}`];
    }),
  );
  return found.flat();
}

async function whyUnused(
  repoPath: string,
  name: string,
  check: (prompt: string) => string | null,
): Promise<string | null> {
  const known = ownPromptNames.map((one) => `${one}.md`);
  if (!known.includes(name)) {
    const meant = nearestSpelling(name, known);
    return `is not used: ${meant === null ? `a prompt is called ${known.join(', ')}` : `did you mean ${meant}?`}`;
  }
  const read = await readUntrusted(repoPath, `${ownPromptsFolder}/${name}`, { maxBytes: maxOwnPromptBytes });
  if (!read.ok && read.reason === 'too_large')
    return `is not used: it has more than ${maxOwnPromptBytes / 1024} KiB`;
  if (!read.ok) return `is not used: it cannot be read: ${read.reason}`;
  const problem = check(read.bytes.toString('utf8'));
  return problem === null ? null : `cannot be used: ${problem}`;
}
