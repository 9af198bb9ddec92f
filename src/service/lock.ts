import { join } from 'node:path';
import { systemClock } from '../base/index.ts';
import { AppError } from '../contract/index.ts';

/** An installation takes a few seconds; a hanging manager a minute. */
const waitMs = 90_000;
const retryMs = 250;

/**
 * Does `work` while no other drover of this user changes units in `folder`. Throws `busy` when another one takes too
 * long. A lock that was left behind by a process that was killed is taken over after ten seconds.
 */
export async function withUnitsLocked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  // Needed by two commands. By its default: a bundle has no other export of a CommonJS package.
  const { default: lockfile } = await import('proper-lockfile');
  let isCompromised = false;
  const lock = () =>
    lockfile.lock(folder, {
      realpath: false,
      lockfilePath: join(folder, '.drover.lock'),
      stale: 10_000,
      onCompromised: () => {
        isCompromised = true; // the process was suspended: what is left to do is repeated by the next call
      },
    });
  const release = await untilLocked(folder, lock);
  try {
    return await work();
  } finally {
    if (!isCompromised) await release();
  }
}

/** Tries again only while somebody else holds it: proper-lockfile's own retries would also wait for what never changes. */
async function untilLocked(
  folder: string,
  lock: () => Promise<() => Promise<void>>,
): Promise<() => Promise<void>> {
  const deadline = systemClock.monotonic() + waitMs;
  for (;;) {
    try {
      return await lock();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ELOCKED') {
        throw new AppError('service_failed', `Cannot write in ${folder} (${code ?? String(error)})`, {
          hint: 'unit files have to be kept there: the service manager looks nowhere else',
          cause: error,
        });
      }
      if (systemClock.monotonic() > deadline) {
        throw new AppError('busy', `Another drover is changing the units in ${folder}`, {
          hint: 'try again once it has ended',
          cause: error,
        });
      }
    }
    await systemClock.sleep(retryMs);
  }
}
