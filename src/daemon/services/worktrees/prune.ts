import { isAppError, type PruneResult, type PruneWorktrees } from '../../../contract/index.ts';
import {
  findLiveRunInPlace,
  findPlanRun,
  getPlan,
  openActions,
  type Store,
} from '../../../foundation/store/index.ts';
import { findPlaces, lookAtAll, noWorktree, placeNamed, type Seen, type WorktreesDeps } from './find.ts';

/** What is to become of a worktree, and why. */
export type Verdict = { readonly removed: boolean; readonly reason: string };

const maxNamedNested = 3;

/**
 * Removes worktrees on a positive sign: the caller names it, nothing was changed in it, or the checkout or the branch of its
 * plan has all of it. Never one that a run works in, and never without saving what no branch holds.
 */
export async function pruneWorktrees(
  deps: WorktreesDeps,
  { dry_run: isDry = false, repo, runs }: PruneWorktrees,
): Promise<PruneResult> {
  const places = await findPlaces(deps, repo);
  const named = runs === undefined ? null : new Set(runs.map((ref) => placeNamed(deps, places, ref).placeId));
  const seen = await lookAtAll(
    deps,
    places.filter(({ runId }) => named === null || named.has(runId)),
  );
  const there = seen.filter(({ look }) => look?.kind !== 'gone');
  for (const runId of named ?? []) if (!there.some((one) => one.runId === runId)) throw noWorktree(runId);

  const items: PruneResult['items'] = [];
  for (const one of there) {
    const verdict = await judge(deps, one, named !== null);
    const done = verdict.removed && !isDry ? await remove(deps, one, verdict) : { ...verdict, saved: null };
    const { runId, repo: at, path } = one;
    const shown = at === null ? null : { id: at.id, project: at.project };
    items.push({ run_id: runId, repo: shown, path, ...done });
  }
  return { dry_run: isDry, items };
}

async function judge(deps: WorktreesDeps, seen: Seen, isNamed: boolean): Promise<Verdict> {
  const keep = (reason: string): Verdict => ({ removed: false, reason });
  const go = (reason: string): Verdict => ({ removed: true, reason });
  const { look, run, repo, live } = seen;
  if (live !== null) return keep(`The run ${live} works in it`);
  if (repo === null || look === null) return keep(seen.problem ?? 'It cannot be looked at');
  if (look.kind === 'removing') return go('Its removal was cut short');
  if (look.kind === 'unknown') return keep('git does not know the folder any more');
  if (look.kind === 'whole' && look.nested.length > 0)
    return keep(`It holds repositories of its own: ${look.nested.slice(0, maxNamedNested).join(', ')}`);
  if (isNamed) return go('It was named');
  if (run === null) return keep('No run is known for it: name it to remove it');
  const plan = planOf(deps.store, run.id);
  if (plan?.isAwaited === true) return keep(`The plan ${plan.name} is not done with it`);
  if (look.kind !== 'whole') return go('Its making was cut short: nobody has worked in it');
  const isClean = look.uncommittedFiles === 0;
  if (isClean && look.head === run.baseCommit) return go('The run changed nothing');
  if (isClean && look.isMerged) return go('Its commits are in the checkout');
  const place = { repo, runId: seen.runId, branch: look.branch };
  if (await deps.worktrees.isContained({ ...place, into: null })) return go('The checkout has all of it');
  if (plan !== null && (await deps.worktrees.isContained({ ...place, into: plan.branch })))
    return go(`The branch ${plan.branch} of its plan has all of it`);
  return keep(
    isClean
      ? 'Its commits are not in the checkout'
      : look.uncommittedFiles === 1
        ? '1 uncommitted file is not in the checkout'
        : `${look.uncommittedFiles} uncommitted files are not all in the checkout`,
  );
}

/** The plan that a run was started for; `isAwaited`: something is still to be said in its worktree. */
function planOf(store: Store, runId: string) {
  return store.read((sql) => {
    const run = findPlanRun(sql, runId);
    if (run === undefined) return null;
    const { name, branch, round, status } = getPlan(sql, run.planKey);
    const isAtWork = status !== 'ready' && status !== 'done' && status !== 'cancelled';
    const isOpen = run.state === 'open' || run.state === 'asked';
    const isAsked = openActions(sql, run.planKey).some(
      ({ kind, data }) => kind === 'ask' && (data as { readonly runId: string }).runId === runId,
    );
    return { name, branch, isAwaited: isAtWork && round === run.round && (isOpen || isAsked) };
  });
}

async function remove(
  { store, worktrees }: WorktreesDeps,
  { runId, run, repo, path }: Seen,
  verdict: Verdict,
): Promise<Verdict & Pick<PruneResult['items'][number], 'saved'>> {
  if (repo === null) return { removed: false, reason: verdict.reason, saved: null };
  const whyKeep = () => {
    const live = store.read((sql) => findLiveRunInPlace(sql, runId));
    return live === null ? null : `The run ${live} works in it`;
  };
  try {
    const { removed, reason, saved } = await worktrees.saveAndRemove({ repo, runId, whyKeep });
    const of = run === null ? { repoId: repo.id } : { repoId: repo.id, run: { key: run.key, id: run.id } };
    await store.write((tx) => {
      if (saved !== null) tx.event({ type: 'worktree.saved', data: saved, source: 'person', ...of });
      if (removed) tx.event({ type: 'worktree.removed', data: { path }, source: 'person', ...of });
    });
    return { removed, reason: reason ?? verdict.reason, saved };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { removed: false, reason: error.message, saved: null };
  }
}
