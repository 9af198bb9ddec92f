import type { Clock } from '../../../base/index.ts';
import type { RunPulse, RunRow } from '../../../foundation/store/index.ts';
import { unpark } from '../follow/parking.ts';
import type { JudgedAdapter } from './judged-adapter.ts';
import type { Steps } from './steps.ts';

export type ParkingOptions = {
  readonly clock: Clock;
  readonly run: Pick<RunRow, 'key' | 'id' | 'repoId'>;
  readonly adapter: Pick<JudgedAdapter, 'goOn'>;
  readonly steps: Steps;
  /** A place in the queue has become free. */
  readonly onPark: () => void;
};

/** Looks after a run that waits for its provider's limit: asks the agent to go on when it is time; true when it did. */
export type Parking = (now: RunPulse) => Promise<boolean>;

/**
 * Makes it. The instant is in the row, so a restarted daemon goes on waiting. It is over when the clock says so, and, for
 * a clock that was set back meanwhile, when as much time has passed; once, because the row is cleared in the same
 * transaction.
 */
export function createParking({ clock, run, adapter, steps, onPark }: ParkingOptions): Parking {
  let known: { readonly until: number; readonly deadline: number } | null = null;
  return async ({ parkedUntil }) => {
    if (parkedUntil === null) {
      known = null;
      return false;
    }
    if (known?.until !== parkedUntil) {
      known = { until: parkedUntil, deadline: clock.monotonic() + Math.max(0, parkedUntil - clock.now()) };
      onPark();
    }
    if (clock.now() < parkedUntil && clock.monotonic() < known.deadline) return false;
    return steps(adapter.goOn, (tx) => unpark(tx, run));
  };
}
