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

/** Removes a repository's row; its runs stay. */
export function deleteRepo(sql: Sql, id: string): void {
  sql.run('DELETE FROM repos WHERE id = ?', id);
}
