import type { Clock } from '../../../base/index.ts';
import type { RunPulse, RunRow } from '../../../foundation/store/index.ts';
import type { Overrun } from '../budget.ts';
import { unpark } from '../follow/parking.ts';
import type { JudgedAdapter } from './judged-adapter.ts';
import type { Steps } from './steps.ts';

export type ParkingOptions = {
  readonly clock: Clock;
  readonly run: Pick<RunRow, 'key' | 'id' | 'repoId'>;
  readonly adapter: Pick<JudgedAdapter, 'goOn'>;
  readonly steps: Steps;
  /** The limit that forbids one more turn, if there is one. */
  readonly overrun: () => Overrun | null;
  /** A place in the queue has become free. */
  readonly onPark: () => void;
};

/**
 * Looks after a run that waits for its provider's limit, and asks its agent to go on when it is time; or says which limit
 * of drover's own forbids that.
 */
export type Parking = (now: RunPulse) => Promise<'waits or works' | 'goes on' | Overrun>;

/**
 * Makes it. The instant is in the row, so a restarted daemon goes on waiting. It is over when the clock says so, and, for
 * a clock that was set back meanwhile, when as much time has passed; once, because the row is cleared in the same
 * transaction.
 */
export function createParking({ clock, run, adapter, steps, overrun, onPark }: ParkingOptions): Parking {
  let known: { readonly until: number; readonly deadline: number } | null = null;
  return async ({ parkedUntil }) => {
    if (parkedUntil === null) {
      known = null;
      return 'waits or works';
    }
    if (known?.until !== parkedUntil) {
      known = { until: parkedUntil, deadline: clock.monotonic() + Math.max(0, parkedUntil - clock.now()) };
      onPark();
    }
    if (clock.now() < parkedUntil && clock.monotonic() < known.deadline) return 'waits or works';
    const forbidden = overrun();
    if (forbidden !== null) return forbidden;
    return (await steps(adapter.goOn, (tx) => unpark(tx, run))) ? 'goes on' : 'waits or works';
  };
}
