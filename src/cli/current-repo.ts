import { randomUUID } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { Client } from '../client/index.ts';
import { isAppError } from '../contract/index.ts';
import { repoReference } from './arguments.ts';
import type { CliContext } from './context.ts';
import { usageError } from './errors.ts';
import { escapeLine } from './print/escape.ts';

/**
 * The registered repository of a folder, for a run: registered on first use, which is said. Null outside of any
 * repository, where a run works in a scratch folder. Only the daemon asks git.
 */
export async function repoOfFolder(
  client: Client,
  folder: string,
  say: (text: string) => void,
): Promise<string | null> {
  const top = topOf(folder);
  if (top === null) return null;
  try {
    const repo = await client.call('reposAdd', { body: { path: top }, idempotencyKey: randomUUID() });
    say(
      `registered ${escapeLine(repo.path)} as ${escapeLine(repo.project)}; remove it with: drover daemon remove ${escapeLine(repo.project)}`,
    );
    return repo.id;
  } catch (error) {
    if (isAppError(error, 'not_a_repo')) return null;
    if (!isAppError(error, 'repo_exists')) throw error;
    const { repo_id: id } = error.fields;
    return typeof id === 'string' ? id : top;
  }
}

/** A repository as an argument names it, for the path of a request: of a folder the id, as no path fits in there. */
export async function repoInPath(
  client: Client,
  text: string,
  context: Pick<CliContext, 'cwd' | 'env'>,
): Promise<string> {
  const ref = repoReference(text, context);
  if (!isAbsolute(ref)) return ref;
  const { items } = await client.call('reposList', { query: { path: ref } });
  return items[0]?.id ?? ref;
}

/**
 * The registered repository that a command is about: the one that it names, else that of the folder; in the worktree of
 * a run the run's. Only read, so that a run may ask it too. Throws `usage` outside of any, or `repo_not_found`.
 */
export async function repoOfCommand(
  client: Client,
  text: string | undefined,
  context: Pick<CliContext, 'cwd' | 'env'>,
): Promise<string> {
  if (text !== undefined) return repoInPath(client, text, context);
  const top = topOf(context.cwd);
  if (top === null)
    throw usageError('This folder is in no git repository', 'name one with --repo, or go to its folder');
  const { items } = await client.call('reposList', { query: { path: top } });
  return items[0]?.id ?? top;
}

/** The nearest folder upwards that holds `.git`, or null. */
function topOf(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (lstatSync(join(at, '.git'), { throwIfNoEntry: false }) !== undefined) return at;
    if (dirname(at) === at) return null;
  }
}
