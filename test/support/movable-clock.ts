import { type Clock, systemClock } from '../../src/base/index.ts';
import type { EngineOptions } from './engine.ts';
import { until } from './until.ts';

/** A clock whose hands a test moves: `wall` as a person does, `both` as time does. */
export function movableClock() {
  let wall = 0;
  let monotonic = 0;
  let looks = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + wall,
    monotonic: () => systemClock.monotonic() + monotonic,
    sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 50), signal), // who sleeps looks at the hands again
  };
  const change: EngineOptions['change'] = ({ limits }) => ({
    limits: () => {
      looks += 1;
      return limits();
    },
  });
  return {
    options: { clock, change, limits: { pollMs: 20 } },
    /** Waits until the live runs have been looked at. */
    look: async () => {
      const before = looks;
      await until('a few looks at the runs', () => looks > before + 6);
    },
    wall: (ms: number) => {
      wall += ms;
    },
    both: (ms: number) => {
      wall += ms;
      monotonic += ms;
    },
  };
}
