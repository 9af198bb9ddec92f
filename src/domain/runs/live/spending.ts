import { type Clock, localDay } from '../../../base/index.ts';
import { getRun, type RunPulse, type Store } from '../../../foundation/store/index.ts';
import { type Budget, type Overrun, overrunOf } from '../budget.ts';

export type SpendingOptions = {
  readonly store: Store;
  readonly clock: Clock;
  readonly budget: () => Budget;
  readonly key: number;
};

/** Looks after what a run uses up. */
export type Spending = {
  /** The limit that is used up now; null while there is something left. */
  readonly overrun: () => Overrun | null;
  /** The same at a look at the run, when it has told of more than at the look before: who spends nothing is not stopped. */
  readonly look: (now: RunPulse) => Overrun | null;
};

/** Makes it for one run. */
export function createSpending({ store, clock, budget, key }: SpendingOptions): Spending {
  let seen = '0 null';
  const overrun = () =>
    store.read((sql) => overrunOf(sql, getRun(sql, key), { budget: budget(), day: localDay(clock.now()) }));
  return {
    overrun,
    look: ({ tokens, costUsd, stopKind, hasOutcome }) => {
      const told = `${tokens} ${costUsd}`;
      if (told === seen || stopKind !== null || hasOutcome) return null;
      seen = told;
      return overrun();
    },
  };
}
