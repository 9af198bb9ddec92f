import type { Plan, Signal } from '../../contract/index.ts';
import type { PlanAlone, PlanRepo, Plans, Speaker } from '../../domain/plans/index.ts';
import type { Transaction } from '../../foundation/store/index.ts';
import type { IdempotencyWrite, Services } from '../../http/index.ts';
import { storeAnswer } from './idempotency.ts';
import { lookAround, type SurroundingsDeps } from './plan-surroundings.ts';

export type PlanServicesDeps = SurroundingsDeps & { readonly plans: Plans };

/** Plans as the control plane wants them. */
export function createPlanServices(deps: PlanServicesDeps, assertReady: () => void): Services['plans'] {
  const { repos, plans } = deps;
  const find = async (ref: string): Promise<PlanRepo> => {
    const { id, project } = await repos.find(ref);
    return { id, project };
  };
  const speakerOf = (runId: string | null): Speaker =>
    runId === null ? { kind: 'person' } : { kind: 'run', runId };
  const told = async (repo: PlanRepo, plan: PlanAlone) => (await lookAround(deps, repo.id, plan))(plan);
  return {
    list: async (repo, { limit, cursor, status }) =>
      plans.list(await find(repo), { limit, cursor, status: status ?? null }),
    create: async (ref, body, key) => {
      const repo = await find(ref);
      const surround = await lookAround(deps, repo.id, null);
      const made = await plans.create(repo, body, key === null ? undefined : answering(key, surround));
      return surround(made);
    },
    show: async (ref, name) => {
      const repo = await find(ref);
      return told(repo, plans.show(repo, name));
    },
    update: async (ref, name, body) => {
      const repo = await find(ref);
      return told(repo, await plans.update(repo, name, body));
    },
    say: async (ref, name, body, { runId, idempotency: key }) => {
      assertReady();
      const repo = await find(ref);
      const surround = await lookAround(deps, repo.id, plans.show(repo, name));
      const also = key === null ? undefined : answering(key, surround);
      return surround(await plans.say(repo, { ...body, plan: name }, { speaker: speakerOf(runId), also }));
    },
    signals: async (repo, { limit, cursor, plan, status }) =>
      plans.signals(await find(repo), { limit, cursor, plan, status: status ?? null }),
    signal: async (repo, body, { runId, idempotency: key }) => {
      assertReady();
      const also = key === null ? undefined : answering(key, (signal: Signal) => signal);
      return plans.signal(await find(repo), body, { speaker: speakerOf(runId), also });
    },
    retrySignal: async (repo, id, key) => {
      assertReady();
      return plans.retrySignal(
        await find(repo),
        id,
        key === null ? undefined : answering(key, (signal: Signal) => signal),
      );
    },
  };
}

/** Stores, in the transaction of what was made or said, what is answered. */
function answering<T>(key: IdempotencyWrite, tell: (made: T) => Plan | Signal) {
  return (tx: Transaction, made: T) => storeAnswer(tx, key, tell(made));
}
