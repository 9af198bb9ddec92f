import { isAppError, type Plan } from '../../contract/index.ts';
import type { PlanAlone, PlansDeps } from '../../domain/plans/index.ts';
import type { Repos, Worktrees } from '../../domain/repos/index.ts';

export type SurroundingsDeps = {
  readonly repos: Pick<Repos, 'find'>;
  readonly worktrees: Pick<Worktrees, 'describeMain' | 'findBase'>;
  readonly planSettingsOf: PlansDeps['settingsOf'];
};

/** Adds to a plan what its own room does not know. */
export type Surround = (plan: PlanAlone) => Plan;

/**
 * Looks at what surrounds a plan of a repository as it was `before`; null: it is about to be made. At the files of the
 * checkout only for a plan without a branch, at its base once it is done.
 */
export async function lookAround(
  { repos, worktrees, planSettingsOf }: SurroundingsDeps,
  repoId: string,
  before: PlanAlone | null,
): Promise<Surround> {
  const repo = await repos.find(repoId);
  const { verify, autoReadinessReview, own, ownProblem: problem } = await planSettingsOf(repoId);
  const settings = { verify: [...verify], auto_readiness_review: autoReadinessReview, own, problem };
  const isUnbegun = before === null || hasNoBranch(before);
  const main = isUnbegun ? await worktrees.describeMain(repo).catch(orNull) : null;
  const isGone =
    before?.status === 'done' && (await worktrees.findBase(repo, before.base).then(() => false, isNoBase));
  return (plan) => {
    const beginsHere =
      main !== null && hasNoBranch(plan) && [main.branch, main.baseCommit].includes(plan.base);
    const uncommitted = beginsHere ? main.dirtyFiles : null;
    return { ...plan, settings, checkout: { path: repo.path, base_gone: isGone, uncommitted } };
  };
}

/** True for a plan whose branch is still to be made: what is committed until then is in it. */
function hasNoBranch({ base_commit: base, status }: PlanAlone): boolean {
  return base === null && ['ready', 'planning', 'implementing'].includes(status);
}

/** True for a base that the repository does not know; a repository that cannot be looked at says nothing of it. */
function isNoBase(error: unknown): boolean {
  if (isAppError(error)) return error.code === 'base_not_found';
  throw error;
}

/** A checkout that cannot be looked at keeps nobody from its plans. */
function orNull(error: unknown): null {
  if (isAppError(error)) return null;
  throw error;
}
