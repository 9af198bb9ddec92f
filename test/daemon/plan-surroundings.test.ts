/** What a plan is shown with that its own room does not know. */
import t from 'tap';
import { AppError, type ErrorCode } from '../../src/contract/index.ts';
import { lookAround, type SurroundingsDeps } from '../../src/daemon/services/plan-surroundings.ts';
import { aPlan } from '../support/plan-resources.ts';
import { aRepo } from '../support/resources.ts';

t.test('the base of a done plan is told to be gone where the repository does not know it', async (t) => {
  let code: ErrorCode | null = null;
  const deps = {
    repos: { find: async () => aRepo() },
    worktrees: {
      findBase: async () => {
        if (code !== null) throw new AppError(code, 'no');
        return 'a'.repeat(40);
      },
    },
    planSettingsOf: async () => ({ verify: [], autoReadinessReview: true, own: 'none', ownProblem: null }),
  } as unknown as SurroundingsDeps;
  const isGone = async (status: 'done' | 'reviewing') => {
    const plan = aPlan({ status, phase: null });
    return (await lookAround(deps, plan.repo.id, plan))(plan).checkout.base_gone;
  };

  t.equal(await isGone('done'), false);
  code = 'repo_unusable';
  t.equal(await isGone('done'), false);
  code = 'base_not_found';
  t.equal(await isGone('done'), true);
  t.equal(await isGone('reviewing'), false);
});
