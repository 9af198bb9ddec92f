import type { Sql, SqlRow } from '../sql.ts';

/** A row of `repos`. */
export type RepoRow = {
  readonly id: string;
  /** Canonical path as it was when added. */
  readonly path: string;
  /** What makes it the same repository: device and inode of the top folder are compared besides. */
  readonly pathKey: string;
  readonly project: string;
  /** Hash of the repository's own configuration that the operator trusted; null: not trusted. */
  readonly trustedHash: string | null;
  readonly addedAt: number;
};

const decode = (row: SqlRow): RepoRow => ({
  id: String(row.id),
  path: String(row.path),
  pathKey: String(row.path_key),
  project: String(row.project),
  trustedHash: row.trusted_hash as string | null,
  addedAt: Number(row.added_at),
});

/** Inserts a repository. A taken path or project is an SQLite constraint error: look before. */
export function insertRepo(sql: Sql, row: RepoRow): void {
  sql.run(
    'INSERT INTO repos (id, path, path_key, project, trusted_hash, added_at) VALUES (?, ?, ?, ?, ?, ?)',
    row.id,
    row.path,
    row.pathKey,
    row.project,
    row.trustedHash,
    row.addedAt,
  );
}

/** Changes name, trust or place. A taken path is an SQLite constraint error: look before. */
export function updateRepo(
  sql: Sql,
  id: string,
  change: Pick<RepoRow, 'project' | 'trustedHash' | 'path' | 'pathKey'>,
): void {
  sql.run(
    'UPDATE repos SET project = ?, trusted_hash = ?, path = ?, path_key = ? WHERE id = ?',
    change.project,
    change.trustedHash,
    change.path,
    change.pathKey,
    id,
  );
}

/** Every repository, by name. */
export function listRepos(sql: Sql): readonly RepoRow[] {
  return sql.all('SELECT * FROM repos ORDER BY project').map(decode);
}

/** Removes a repository's row; its runs and plans stay, and its id is kept for when it is added again. */
export function deleteRepo(sql: Sql, id: string, now: number): void {
  sql.run(
    `INSERT OR REPLACE INTO removed_repos (id, path_key, project, removed_at)
     SELECT id, path_key, project, ? FROM repos WHERE id = ?`,
    now,
    id,
  );
  sql.run('DELETE FROM repos WHERE id = ?', id);
}

/** What a repository that was removed was called. */
export type RemovedRepo = Pick<RepoRow, 'id' | 'project'>;

/** The repository that was removed last from this place, if any. */
export function findRemovedRepo(sql: Sql, pathKey: string): RemovedRepo | undefined {
  const row = sql.get(
    'SELECT id, project FROM removed_repos WHERE path_key = ? ORDER BY removed_at DESC, id DESC LIMIT 1',
    pathKey,
  );
  return row === undefined ? undefined : { id: String(row.id), project: String(row.project) };
}

/** A repository is registered again: it is no removed one any more. */
export function forgetRemovedRepo(sql: Sql, id: string): void {
  sql.run('DELETE FROM removed_repos WHERE id = ?', id);
}
