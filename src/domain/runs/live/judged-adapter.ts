import { getRun, type RunRow } from '../../../foundation/store/index.ts';
import type { Adapter, ApprovalAnswer, Step } from '../../agents/index.ts';
import type { RunEffect } from '../follow/apply.ts';
import { judge } from '../policy/judge.ts';
import type { EngineDeps } from '../ports.ts';
import { withFaults } from './adapter-fault.ts';

/** A step with the verdict on each request in it, and with the answers to those that were decided. */
export type JudgedStep = { readonly state: unknown; readonly effects: readonly RunEffect[] };

type Judged<F> = F extends (...args: infer Args) => Step<unknown> ? (...args: Args) => JudgedStep : F;

/** An adapter none of whose requests goes unjudged. */
export type JudgedAdapter = { readonly [K in keyof Adapter<unknown>]: Judged<Adapter<unknown>[K]> };

/**
 * The adapter of a run, each request of which is put to the policy first. The answer of the policy belongs to the step
 * that asked: both are stored together, or neither is.
 */
export function judgedAdapter({ store, adapterOf, policy }: EngineDeps, run: RunRow): JudgedAdapter {
  const adapter = withFaults(adapterOf(run));

  const judged = ({ state, effects }: Step<unknown>): JudgedStep => {
    const judgedEffects: RunEffect[] = [];
    const answers: { readonly key: string; readonly answer: ApprovalAnswer }[] = [];
    for (const effect of effects) {
      if (effect.kind !== 'approval') {
        judgedEffects.push(effect);
        continue;
      }
      const now = store.read((sql) => getRun(sql, run.key));
      const verdict = judge(now, effect.request, policy());
      judgedEffects.push({ ...effect, verdict });
      if (verdict.kind === 'decided') answers.push({ key: effect.key, answer: verdict.answer });
    }
    let last = state;
    for (const { key, answer } of answers) {
      const step = judged(adapter.answer(last, key, answer));
      last = step.state;
      judgedEffects.push(...step.effects);
    }
    return { state: last, effects: judgedEffects };
  };

  return {
    ...adapter,
    start: (...args) => judged(adapter.start(...args)),
    read: (...args) => judged(adapter.read(...args)),
    answer: (...args) => judged(adapter.answer(...args)),
    say: (...args) => judged(adapter.say(...args)),
    goOn: (...args) => judged(adapter.goOn(...args)),
    cancel: (...args) => judged(adapter.cancel(...args)),
    left: (...args) => judged(adapter.left(...args)),
  };
}
