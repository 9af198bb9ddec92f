import type { Plan, PlanStatus } from '../../contract/index.ts';
import type { PlanRepo, Plans, Speaker } from '../../domain/plans/index.ts';
import type { Repos } from '../../domain/repos/index.ts';
import type { Services } from '../../http/index.ts';
import { storeAnswer } from './idempotency.ts';

/** Plans as the control plane wants them. */
export function createPlanServices(
  { repos, plans }: { readonly repos: Repos; readonly plans: Plans },
  assertReady: () => void,
): Services['plans'] {
  const find = async (ref: string): Promise<PlanRepo> => {
    const { id, project } = await repos.find(ref);
    return { id, project };
  };
  const speakerOf = (runId: string | null): Speaker =>
    runId === null ? { kind: 'person' } : { kind: 'run', runId };
  return {
    list: async (repo, { limit, cursor, status }) => {
      const wanted: PlanStatus | 'active' | 'blocked' | null =
        status === 'canceled' ? 'cancelled' : (status ?? null);
      return plans.list(await find(repo), { limit, cursor, status: wanted });
    },
    create: async (repo, body, key) =>
      plans.create(
        await find(repo),
        body,
        key === null ? undefined : (tx, plan: Plan) => storeAnswer(tx, key, plan),
      ),
    show: async (repo, ref) => plans.show(await find(repo), ref),
    update: async (repo, ref, body) => plans.update(await find(repo), ref, body),
    say: async (repo, ref, body, runId) => {
      assertReady();
      return plans.say(await find(repo), { ...body, plan: ref }, speakerOf(runId));
    },
    signals: async (repo, { limit, cursor, plan, status }) =>
      plans.signals(await find(repo), { limit, cursor, plan, status: status ?? null }),
    signal: async (repo, body, runId) => {
      assertReady();
      return plans.signal(await find(repo), body, speakerOf(runId));
    },
    retrySignal: async (repo, id) => {
      assertReady();
      return plans.retrySignal(await find(repo), id);
    },
  };
}
