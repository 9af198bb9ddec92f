import type { Clock, Log } from '../../../base/index.ts';
import { isAppError } from '../../../contract/index.ts';

/** Waits between two tries, doubling up to the most. */
export const shortageRetryMs = { first: 100, most: 2000 } as const;

const shortages: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'];
const saidByGit =
  /No space left on device|Disk quota exceeded|Cannot allocate memory|Too many open files|Resource temporarily unavailable/;

/** True for what the machine lacks only for the moment: space, memory, descriptors, processes, a manager that answers. */
export function isShortage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isAppError(error)) {
    if (error.code === 'busy' || error.code === 'storage_failed') return true;
    return saidByGit.test(String(error.fields.stderr ?? '')) || isShortage(error.cause);
  }
  return 'code' in error && shortages.includes(error.code);
}

type Patience = {
  readonly clock: Clock;
  readonly log: Log;
  readonly run: string;
  readonly signal: AbortSignal;
};

/** Does `work` until the disk takes it: what has happened to a run must be stored, however long that takes. */
export async function untilStored<T>(
  work: () => Promise<T>,
  { clock, log, run, signal }: Patience,
): Promise<T> {
  for (let waitMs: number = shortageRetryMs.first; ; waitMs = Math.min(waitMs * 2, shortageRetryMs.most)) {
    try {
      return await work();
    } catch (error) {
      if (!isAppError(error, 'storage_failed')) throw error;
      log.warn('waiting for the disk', { run, err: error });
      await clock.sleep(waitMs, signal);
    }
  }
}
