import { renameSync, rmSync } from 'node:fs';
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
      put(parked, path);
    } else {
      renameSync(path, parked);
      put(trap, path);
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

/** Renames, also where a thread of the tested code has made a folder of that name since it went. */
function put(from: string, to: string): void {
  for (;;) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      if (!['EISDIR', 'ENOTEMPTY', 'EEXIST'].includes(String((error as NodeJS.ErrnoException).code)))
        throw error;
      rmSync(to, { recursive: true, force: true });
    }
  }
}
