import { isAbsolute } from 'node:path';
import { AppError, isAppError, isIdPrefix } from '../../contract/index.ts';
import type { Git } from '../../foundation/git/index.ts';
import type { RepoRow } from '../../foundation/store/index.ts';
import { inodeOf } from './inode.ts';
import { resolveRepo } from './resolve.ts';

/** The row that an id or an exact name means, else the one a unique id prefix means, else none. Throws `ambiguous_id`. */
export function findByName(rows: readonly RepoRow[], ref: string): RepoRow | undefined {
  const exact = rows.find((row) => row.id === ref) ?? rows.find((row) => row.project === ref);
  if (exact !== undefined || !isIdPrefix('repo', ref)) return exact;
  const upper = ref.slice('repo_'.length).toUpperCase();
  const fitting = rows.filter((row) => row.id.slice('repo_'.length).startsWith(upper));
  if (fitting.length > 1) {
    throw new AppError('ambiguous_id', `'${ref}' fits ${fitting.length} repositories`, {
      hint: `write more of it: ${fitting.map((row) => `${row.id} (${row.project})`).join(', ')}`,
    });
  }
  return fitting[0];
}

/** The row at this path or around it: as stored, else by what the path leads to. */
export async function findByPath(
  git: Git,
  rows: readonly RepoRow[],
  path: string,
): Promise<RepoRow | undefined> {
  const stored = rows.find((row) => row.path === path);
  if (stored !== undefined) return stored;
  try {
    const { path: top, inode } = await resolveRepo(git, path);
    return await findSame(rows, { path: top, inode });
  } catch (error) {
    if (isAppError(error)) return undefined; // no repository there: so none that is registered
    throw error;
  }
}

/** The row of the same folder under any spelling: by path, else by device and inode. */
export async function findSame(
  rows: readonly RepoRow[],
  place: { readonly path: string; readonly inode: string },
): Promise<RepoRow | undefined> {
  const samePath = rows.find((row) => row.path === place.path);
  if (samePath !== undefined) return samePath;
  const inodes = await Promise.all(rows.map((row) => inodeOf(row.path)));
  return rows[inodes.indexOf(place.inode)];
}

/** Finds a repository by id, unique prefix, exact name or absolute path. Throws `repo_not_found` or `ambiguous_id`. */
export async function findRepo(git: Git, rows: readonly RepoRow[], ref: string): Promise<RepoRow> {
  const found = findByName(rows, ref) ?? (isAbsolute(ref) ? await findByPath(git, rows, ref) : undefined);
  if (found !== undefined) return found;
  throw new AppError('repo_not_found', `No repository is registered as '${ref}'`, {
    hint: 'see `drover daemon repos`, or register it with `drover daemon add PATH`',
  });
}
