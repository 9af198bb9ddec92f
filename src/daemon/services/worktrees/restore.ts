import type { Worktree } from '../../../contract/index.ts';
import { findPlaces, lookAtPlace, noWorktree, placeNamed, type WorktreesDeps } from './find.ts';
import { viewWorktree } from './list.ts';

/** Makes the removed worktree of a run again, and tells of it. */
export async function restoreWorktree(deps: WorktreesDeps, ref: string): Promise<Worktree> {
  const { store, repos, worktrees } = deps;
  const places = await findPlaces(deps, undefined);
  const { placeId, run } = placeNamed(deps, places, ref);
  const place = places.find(({ runId }) => runId === placeId);
  if (run !== null && (run.repoId === null || run.inPlace)) throw noWorktree(run.id);
  const repo = place?.repo ?? (run?.repoId ? await repos.find(run.repoId) : null);
  if (repo === null) throw noWorktree(placeId);
  const branch = run?.branch ?? null;
  const made = await worktrees.restore({ repo, runId: placeId, branch, baseCommit: run?.baseCommit ?? null });
  const { path } = made;
  await store.write((tx) =>
    tx.event({
      type: 'worktree.restored',
      data: { path, branch: made.branch, ref: made.ref },
      source: 'person',
      repoId: repo.id,
      ...(run === null ? {} : { run: { key: run.key, id: run.id } }),
    }),
  );
  return viewWorktree(await lookAtPlace(deps, { runId: placeId, run, repo, path, saved: null }));
}
