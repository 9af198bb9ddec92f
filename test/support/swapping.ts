import { renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from './random.ts';

/**
 * Puts what is at `trap` in the place of the folder at `path` and back again, at random turns of the loop, parking the one
 * that is not there in `base`. `stop` leaves the folder where it was, and gives the number of swaps.
 */
export function startSwapping(
  path: string,
  { trap, base, random }: { readonly trap: string; readonly base: string; readonly random: Random },
) {
  const parked = join(base, 'parked');
  let isTrap = false;
  let isOver = false;
  let swaps = 0;
  const swap = () => {
    if (isTrap) {
      renameSync(path, trap);
      renameSync(parked, path);
    } else {
      renameSync(path, parked);
      renameSync(trap, path);
    }
    isTrap = !isTrap;
    swaps += 1;
  };
  const turn = () => {
    if (isOver) return;
    if (random.below(3) === 0) swap();
    setImmediate(turn);
  };
  setImmediate(turn);
  return {
    /** Runs something while the folder is where it was. */
    pause: (work: () => void) => {
      if (isTrap) swap();
      work();
    },
    stop: () => {
      isOver = true;
      if (isTrap) swap();
      return swaps;
    },
  };
}
