import { AppError, type Plan, type Signal } from '../../src/contract/index.ts';
import type { IdempotencyWrite, Services } from '../../src/http/index.ts';
import { aPlan, aPlanSummary, aSignal } from './plan-resources.ts';

/** What the fake's plans were told, in order. */
export type ToldOfPlan = {
  readonly method: keyof Services['plans'];
  readonly repo: string;
  readonly what: unknown;
  /** The run that was named as the speaker. */
  readonly runId?: string | null;
};

/** Services of plans that know the plan `auth` and take down what they are told. */
export function createFakePlans({
  call,
  store,
}: {
  readonly call: (name: string) => void;
  readonly store: (key: IdempotencyWrite | null, answer: Plan | Signal) => void;
}): { readonly plans: Services['plans']; readonly told: ToldOfPlan[] } {
  const told: ToldOfPlan[] = [];
  const take = (one: ToldOfPlan) => {
    call(`plans.${one.method}`);
    told.push(one);
  };
  const find = (ref: string) => {
    if (ref === 'auth') return aPlan();
    throw new AppError('plan_not_found', `There is no plan '${ref}'`);
  };
  return {
    told,
    plans: {
      list: async (repo, options) => {
        take({ method: 'list', repo, what: options });
        return { items: [aPlanSummary()], next_cursor: null };
      },
      create: async (repo, body, key) => {
        take({ method: 'create', repo, what: body });
        const plan = aPlan({ name: body.name });
        store(key, plan);
        return plan;
      },
      show: async (repo, ref) => {
        take({ method: 'show', repo, what: ref });
        return find(ref);
      },
      update: async (repo, ref, body) => {
        take({ method: 'update', repo, what: body });
        return find(ref);
      },
      say: async (repo, ref, body, { runId, idempotency }) => {
        take({ method: 'say', repo, what: body, runId });
        const plan = find(ref);
        store(idempotency, plan);
        return plan;
      },
      signals: async (repo, options) => {
        take({ method: 'signals', repo, what: options });
        return { items: [aSignal()], next_cursor: null };
      },
      signal: async (repo, body, { runId, idempotency }) => {
        take({ method: 'signal', repo, what: body, runId });
        const signal = aSignal({ plan: body.plan });
        store(idempotency, signal);
        return signal;
      },
      retrySignal: async (repo, id, key) => {
        take({ method: 'retrySignal', repo, what: id });
        const signal = aSignal({ id });
        store(key, signal);
        return signal;
      },
    },
  };
}
