import type { Clock } from './clock.ts';

/** True when `work` has ended, well or not, before `ms` are over. Never rejects: whoever started the work sees its failure. */
export async function settledWithin(work: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  const stop = new AbortController();
  const timer = clock.sleep(ms, stop.signal).then(
    () => false,
    () => false, // aborted below, when the work was first
  );
  const settled = work.then(
    () => true,
    () => true,
  );
  const isSettled = await Promise.race([settled, timer]);
  stop.abort(new Error('no longer waited for'));
  return isSettled;
}
