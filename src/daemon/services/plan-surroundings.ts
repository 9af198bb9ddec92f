import { isAppError, type Plan } from '../../contract/index.ts';
import type { PlanAlone, PlansDeps } from '../../domain/plans/index.ts';
import type { Repos, Worktrees } from '../../domain/repos/index.ts';

export type SurroundingsDeps = {
  readonly repos: Pick<Repos, 'find'>;
  readonly worktrees: Pick<Worktrees, 'describeMain'>;
  readonly planSettingsOf: PlansDeps['settingsOf'];
};

/** Adds to a plan what its own room does not know. */
export type Surround = (plan: PlanAlone) => Plan;

/** Looks at what surrounds the plans of a repository; at the files of its checkout only for a plan without a branch. */
export async function lookAround(
  { repos, worktrees, planSettingsOf }: SurroundingsDeps,
  repoId: string,
  { isUnbegun }: { readonly isUnbegun: boolean },
): Promise<Surround> {
  const repo = await repos.find(repoId);
  const { verify, autoReadinessReview, own, ownProblem: problem } = await planSettingsOf(repoId);
  const settings = { verify: [...verify], auto_readiness_review: autoReadinessReview, own, problem };
  const main = isUnbegun ? await worktrees.describeMain(repo).catch(orNull) : null;
  return (plan) => {
    const beginsHere =
      main !== null && hasNoBranch(plan) && [main.branch, main.baseCommit].includes(plan.base);
    const uncommitted = beginsHere ? main.dirtyFiles : null;
    return { ...plan, settings, checkout: { path: repo.path, uncommitted } };
  };
}

/** True for a plan whose branch is still to be made: what is committed until then is in it. */
export function hasNoBranch({ base_commit: base, status }: PlanAlone): boolean {
  return base === null && ['ready', 'planning', 'implementing'].includes(status);
}

/** A checkout that cannot be looked at keeps nobody from its plans. */
function orNull(error: unknown): null {
  if (isAppError(error)) return null;
  throw error;
}
