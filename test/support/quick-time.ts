import type { RunLimits } from '../../src/domain/runs/index.ts';
import type { EngineOptions } from './engine.ts';
import { until } from './until.ts';

/** A clock that can be put forward, and the options that make an engine use it. */
export type QuickTime = {
  readonly options: EngineOptions;
  /** Puts the clock forward and waits until the live runs have been looked at since. */
  readonly pass: (ms: number) => Promise<void>;
};

/** Makes time that passes at once, so that a limit is reached without waiting for it on a machine that may be busy. */
export function quickTime(limits: Partial<RunLimits>): QuickTime {
  let ahead = 0;
  let looks = 0;
  return {
    options: {
      limits,
      change: ({ clock, limits: original }) => ({
        clock: { ...clock, monotonic: () => clock.monotonic() + ahead },
        limits: () => {
          looks += 1;
          return original();
        },
      }),
    },
    pass: async (ms) => {
      ahead += ms;
      const before = looks;
      await until('a few looks at the runs', () => looks > before + 6);
    },
  };
}
