import type { Clock, Log } from '../../base/index.ts';
import { toTimestamp } from '../../base/index.ts';
import { AppError, isAppError, newId, type Page, type Repo } from '../../contract/index.ts';
import type { Git } from '../../foundation/git/index.ts';
import {
  countLiveRunsOfRepo,
  deleteRepo,
  findRemovedRepo,
  forgetRemovedRepo,
  insertRepo,
  listRepos,
  type RepoRow,
  type Store,
  type Transaction,
  updateRepo,
} from '../../foundation/store/index.ts';
import { exists } from './checkout.ts';
import { findRepo, findSame } from './find.ts';
import { type OwnSettings, readOwnConfig, readOwnSettings } from './own-config.ts';
import { viewSettings } from './own-config-view.ts';
import { findUnusedPrompts } from './own-prompts.ts';
import { freeName, suggestName } from './project-name.ts';
import { resolveRepo } from './resolve.ts';

export type ReposDeps = {
  readonly store: Store;
  readonly git: Git;
  readonly clock: Clock;
  readonly log: Log;
  /** What is wrong with a prompt that a repository brings, in a sentence; null where nothing is. */
  readonly checkPrompt: (prompt: string) => string | null;
};

/** What of a registered repository may change. */
export type RepoPatch = {
  readonly project?: string | undefined;
  readonly trusted?: boolean | undefined;
  readonly path?: string | undefined;
};

/** A registered repository with what its row does not say. */
export type RegisteredRepo = RepoRow & { readonly trusted: boolean };

/** The registered repositories. A `ref` is an id, a unique prefix of one, an exact name or an absolute path. */
export type Repos = {
  /** By name; `limit` 0 = all. */
  readonly list: (options: { limit: number; cursor: string | undefined }) => Promise<Page<Repo>>;
  readonly show: (ref: string) => Promise<Repo>;
  /** The row, with whether the repository's own configuration is trusted as it is now. */
  readonly find: (ref: string) => Promise<RegisteredRepo>;
  /**
   * Registers the repository that `path` leads to; one that was removed from there has its id again, and with it all that
   * is stored of it. `inTransaction` may store more with it. Throws what `resolveRepo`
   * throws, `repo_exists` or `name_taken`.
   */
  readonly add: (
    body: { readonly path: string; readonly name?: string | undefined },
    inTransaction?: (tx: Transaction, repo: Repo) => void,
  ) => Promise<Repo>;
  /**
   * Renames, trusts the repository's own configuration as it is now, or takes a new place, for which no run of it may be
   * live (`repo_busy`).
   */
  readonly update: (ref: string, patch: RepoPatch) => Promise<Repo>;
  /** Takes the repository from the list: nothing on disk changes. Its runs are the caller's to end. */
  readonly remove: (ref: string) => Promise<RepoRow>;
  /** Registers what the configuration names; returns a warning for each that cannot be. */
  readonly syncFromConfig: (paths: readonly string[]) => Promise<readonly string[]>;
};

/** Makes the registry over the store. */
export function createRepos({ store, git, clock, log, checkPrompt }: ReposDeps): Repos {
  const rows = () => store.read(listRepos);

  const isTrusted = async (row: RepoRow): Promise<boolean> => {
    if (row.trustedHash === null) return false;
    const config = await readOwnConfig(row.path).catch(() => null); // unreadable is untrusted
    return config?.hash === row.trustedHash;
  };

  const view = async (row: RepoRow): Promise<Repo> => {
    const isThere = await exists(`${row.path}/.git`);
    const settings: OwnSettings = isThere ? await readOwnSettings(row) : { kind: 'none' };
    const [trusted, activeRuns] = [
      await isTrusted(row),
      store.read((sql) => countLiveRunsOfRepo(sql, row.id)),
    ];
    const unused = isThere ? await findUnusedPrompts(row.path, checkPrompt) : [];
    const ownConfig = viewSettings(settings, unused);
    return toResource(row, { trusted, ownConfig, missing: !isThere, activeRuns });
  };

  const add: Repos['add'] = async ({ path, name }, inTransaction) => {
    const resolved = await resolveRepo(git, path);
    const same = await findSame(rows(), resolved);
    const ownConfig = viewSettings(
      await readOwnSettings({ path: resolved.path, trustedHash: null }),
      await findUnusedPrompts(resolved.path, checkPrompt),
    );
    return store.write((tx) => {
      const known = listRepos(tx);
      const there = known.find((row) => row.id === same?.id || row.pathKey === resolved.path);
      if (there !== undefined) throw alreadyThere(there);
      const isTaken = (wanted: string) => known.some((row) => row.project === wanted);
      if (name !== undefined && isTaken(name)) throw taken(name);
      const before = findRemovedRepo(tx, resolved.path);
      if (before !== undefined) forgetRemovedRepo(tx, before.id);
      const row: RepoRow = {
        id: before?.id ?? newId('repo', clock.now()),
        path: resolved.path,
        pathKey: resolved.path,
        project: name ?? freeName(before?.project ?? suggestName(resolved.path), isTaken),
        trustedHash: null,
        addedAt: tx.now,
      };
      insertRepo(tx, row);
      const { project } = row;
      tx.event({ type: 'repo.added', data: { path: row.path, project }, source: 'daemon', repoId: row.id });
      const repo = toResource(row, { trusted: false, ownConfig, missing: false, activeRuns: 0 });
      inTransaction?.(tx, repo);
      return repo;
    });
  };

  const update: Repos['update'] = async (ref, patch) => {
    const { id, ...found } = await findRepo(git, rows(), ref);
    const path = patch.path === undefined ? found.path : (await resolveRepo(git, patch.path)).path;
    const hash = patch.trusted ? (await readOwnConfig(path)).hash : null;
    const changed = await store.write((tx) => {
      const known = listRepos(tx);
      const row = known.find((one) => one.id === id);
      if (row === undefined) throw gone(ref);
      const project = patch.project ?? row.project;
      if (known.some((one) => one.id !== id && one.project === project)) throw taken(project);
      const trustedHash = patch.trusted === undefined ? row.trustedHash : hash;
      const isMoved = patch.path !== undefined && path !== row.path;
      if (isMoved) assertMayMove(tx, { row, path, known });
      if (project === row.project && trustedHash === row.trustedHash && !isMoved) return row;
      const place = isMoved ? { path, pathKey: path } : { path: row.path, pathKey: row.pathKey };
      updateRepo(tx, id, { project, trustedHash, ...place });
      const data = { project, trusted: trustedHash !== null, ...(isMoved ? { path } : {}) };
      tx.event({ type: 'repo.updated', data, source: 'daemon', repoId: id });
      return { ...row, project, trustedHash, ...place };
    });
    return view(changed);
  };

  return {
    add,
    update,
    list: async ({ limit, cursor }) => {
      const after = cursor === undefined ? null : Buffer.from(cursor, 'base64url').toString();
      const left = rows().filter(
        (row) => after === null || Buffer.compare(Buffer.from(row.project), Buffer.from(after)) > 0,
      );
      const shown = limit === 0 ? left : left.slice(0, limit);
      const last = shown.at(-1);
      const hasMore = last !== undefined && shown.length < left.length;
      return {
        items: await Promise.all(shown.map(view)),
        next_cursor: hasMore ? Buffer.from(last.project).toString('base64url') : null,
      };
    },
    show: async (ref) => view(await findRepo(git, rows(), ref)),
    find: async (ref) => {
      const row = await findRepo(git, rows(), ref);
      return { ...row, trusted: await isTrusted(row) };
    },
    remove: async (ref) => {
      const row = await findRepo(git, rows(), ref);
      await store.write((tx) => {
        if (!listRepos(tx).some((one) => one.id === row.id)) throw gone(ref);
        deleteRepo(tx, row.id, tx.now);
        const { path, project } = row;
        tx.event({ type: 'repo.removed', data: { path, project }, source: 'daemon', repoId: row.id });
      });
      return row;
    },
    syncFromConfig: async (paths) => {
      const warnings: string[] = [];
      for (const path of paths) {
        try {
          await add({ path });
        } catch (error) {
          if (!isAppError(error)) throw error;
          if (error.code === 'repo_exists') continue;
          log.warn('a repository of the configuration is not registered', { err: error, path });
          warnings.push(`repos: ${error.message}`);
        }
      }
      return warnings;
    },
  };
}

function toResource(
  row: RepoRow,
  now: Pick<Repo, 'trusted' | 'missing'> & {
    readonly ownConfig: Repo['own_config'];
    readonly activeRuns: number;
  },
): Repo {
  return {
    id: row.id,
    path: row.path,
    project: row.project,
    trusted: now.trusted,
    own_config: now.ownConfig,
    missing: now.missing,
    active_runs: now.activeRuns,
    active_plans: 0, // plans are of a room above this one, which fills them in
    plans_blocked: 0,
    plans_waiting: 0,
    added_at: toTimestamp(row.addedAt),
  };
}

/** A run names the folders that it works in when it starts, so none may be live. */
function assertMayMove(
  tx: Transaction,
  { row, path, known }: { readonly row: RepoRow; readonly path: string; readonly known: readonly RepoRow[] },
): void {
  const there = known.find((one) => one.id !== row.id && one.pathKey === path);
  if (there !== undefined) throw alreadyThere(there);
  const live = countLiveRunsOfRepo(tx, row.id);
  if (live === 0) return;
  throw new AppError('repo_busy', `${row.project} has ${live} live ${live === 1 ? 'run' : 'runs'}`, {
    hint: 'wait for them, or cancel them: `drover runs list --status live`',
  });
}

function alreadyThere(row: RepoRow): AppError {
  return new AppError('repo_exists', `${row.path} is registered already, as '${row.project}'`, {
    fields: { repo_id: row.id },
  });
}

function taken(name: string): AppError {
  return new AppError('name_taken', `Another repository is called '${name}'`, {
    hint: 'choose another name',
  });
}

function gone(ref: string): AppError {
  return new AppError('repo_not_found', `The repository '${ref}' was removed in the meantime`);
}
