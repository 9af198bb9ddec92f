import { AppError, isAppError } from '../../../contract/index.ts';
import type { RegisteredRepo, Repos, WorktreeLook, Worktrees } from '../../../domain/repos/index.ts';
import { placeIdOf, type Runs } from '../../../domain/runs/index.ts';
import {
  findLiveRunInPlace,
  findRunsById,
  type RunRow,
  type Store,
} from '../../../foundation/store/index.ts';

export type WorktreesDeps = {
  readonly store: Store;
  readonly repos: Pick<Repos, 'list' | 'find'>;
  readonly runs: Pick<Runs, 'row'>;
  readonly worktrees: Pick<
    Worktrees,
    'places' | 'look' | 'saved' | 'isContained' | 'restore' | 'saveAndRemove'
  >;
};

/** A worktree, or what is left of one. */
export type Place = {
  /** The run that it was made for. */
  readonly runId: string;
  /** Its row; null when retention has removed it, or the database is older than the worktree. */
  readonly run: RunRow | null;
  /** Null when it is not registered any more. */
  readonly repo: RegisteredRepo | null;
  readonly path: string;
  readonly saved: { readonly ref: string; readonly commit: string } | null;
};

/** A place that was looked at; `problem` says why that was not possible. */
export type Seen = Place & {
  /** Id of the live run that works in it. */
  readonly live: string | null;
  readonly look: WorktreeLook | null;
  readonly problem: string | null;
};

/** Places that are looked at side by side: each takes some git processes. */
const lookedAtTogether = 4;

/** Every worktree that is there, and every removed one that has saved work; of one repository where `repo` names it. */
export async function findPlaces(deps: WorktreesDeps, repo: string | undefined): Promise<readonly Place[]> {
  const { repos, worktrees } = deps;
  const wanted = repo === undefined ? null : (await repos.find(repo)).id;
  const { items } = await repos.list({ limit: 0, cursor: undefined });
  const known = new Map<string, RegisteredRepo>();
  for (const { id } of items) if (wanted === null || id === wanted) known.set(id, await repos.find(id));

  const places = new Map<string, Place>();
  for (const { repoId, runId, path } of await worktrees.places()) {
    if (wanted !== null && repoId !== wanted) continue;
    const row = rowOf(deps, runId);
    places.set(runId, { runId, run: row, repo: known.get(repoId) ?? null, path, saved: null });
  }
  for (const registered of known.values()) {
    const saved = await worktrees.saved(registered).catch((error: unknown) => {
      if (isAppError(error)) return []; // the repository is missing: `look` says so of each worktree
      throw error;
    });
    for (const { runId, ...work } of saved) {
      const there = places.get(runId);
      const path = there?.path ?? '';
      const run = there?.run ?? rowOf(deps, runId);
      places.set(runId, { runId, run, repo: registered, path, saved: work });
    }
  }
  return [...places.values()].toSorted((a, b) => (a.runId < b.runId ? -1 : 1));
}

/** Looks at places. A worktree that cannot be looked at does not hide the others. */
export async function lookAtAll(deps: WorktreesDeps, places: readonly Place[]): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for (let at = 0; at < places.length; at += lookedAtTogether) {
    const some = places.slice(at, at + lookedAtTogether);
    seen.push(...(await Promise.all(some.map((place) => lookAtPlace(deps, place)))));
  }
  return seen;
}

/** Looks at one. */
export async function lookAtPlace({ store, worktrees }: WorktreesDeps, place: Place): Promise<Seen> {
  const { repo, runId } = place;
  const live = store.read((sql) => findLiveRunInPlace(sql, runId));
  if (repo === null) {
    return { ...place, live, look: null, problem: 'Its repository is not registered any more' };
  }
  try {
    return { ...place, live, look: await worktrees.look({ repo, runId }), problem: null };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { ...place, live, look: null, problem: error.message };
  }
}

/** The place that an argument names: a run, or the whole id of one whose row is gone. Throws `run_not_found`. */
export function placeNamed(
  { runs }: WorktreesDeps,
  places: readonly Place[],
  ref: string,
): { readonly placeId: string; readonly run: RunRow | null } {
  const known = places.find(({ runId, run }) => runId === ref && run === null);
  if (known !== undefined) return { placeId: ref, run: null };
  const run = runs.row(ref);
  return { placeId: placeIdOf(run), run };
}

/** Says that a run has no worktree. */
export function noWorktree(runId: string): AppError {
  return new AppError('worktree_not_found', `The run ${runId} has no worktree`, {
    hint: 'drover worktrees list shows those that are there',
  });
}

function rowOf({ store }: WorktreesDeps, runId: string): RunRow | null {
  return store.read((sql) => findRunsById(sql, runId)).find((run) => run.id === runId) ?? null;
}
