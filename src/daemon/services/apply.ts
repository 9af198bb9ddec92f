import { AppError, type ApplyResult } from '../../contract/index.ts';
import type { Repos, Worktrees } from '../../domain/repos/index.ts';
import { placeIdOf, type Runs } from '../../domain/runs/index.ts';
import { findLiveRunInPlace, type RunRow, type Store } from '../../foundation/store/index.ts';

export type ApplyDeps = {
  readonly store: Store;
  readonly repos: Pick<Repos, 'find'>;
  readonly runs: Pick<Runs, 'row'>;
  readonly worktrees: Pick<Worktrees, 'apply'>;
};

/** Brings what an ended run made into its repository's checkout, and tells of it. */
export async function applyRun(
  { store, repos, runs, worktrees }: ApplyDeps,
  ref: string,
  { squash }: { readonly squash: boolean },
): Promise<ApplyResult> {
  const run = runs.row(ref);
  const repoId = assertApplicable(run);
  const placeId = placeIdOf(run);
  const live = store.read((sql) => findLiveRunInPlace(sql, placeId));
  if (live !== null) throw stillLive(run.id, live);
  const applied = await worktrees.apply({
    repo: await repos.find(repoId),
    runId: run.id,
    placeId,
    branch: run.branch,
    label: run.label ?? run.prompt,
    squash,
  });
  const { isChanged, commit, branch, files, leftOut } = applied;
  if (isChanged) {
    const data = { commit, squash, files };
    await store.write((tx) =>
      tx.event({ type: 'run.applied', data, source: 'person', run: { key: run.key, id: run.id }, repoId }),
    );
  }
  const status = isChanged ? 'applied' : 'nothing';
  return { status, run_id: run.id, squash, commit, branch, files, left_out: [...leftOut] };
}

function assertApplicable(run: RunRow): string {
  if (run.repoId === null) {
    throw new AppError('repo_unusable', `The run ${run.id} worked in a scratch folder, not in a repository`, {
      ...(run.worktree === null ? {} : { hint: `its files are in ${run.worktree}` }),
    });
  }
  if (run.inPlace) {
    throw new AppError('repo_unusable', `The run ${run.id} worked in the checkout itself`, {
      hint: 'what it made is there already',
    });
  }
  return run.repoId;
}

function stillLive(runId: string, live: string): AppError {
  const message =
    live === runId
      ? `The run ${runId} is still at work`
      : `The run ${live} is still at work in the worktree of ${runId}`;
  return new AppError('run_live', message, {
    hint: `wait for it, or cancel it: drover runs wait ${live}`,
  });
}
