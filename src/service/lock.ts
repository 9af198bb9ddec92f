import { join } from 'node:path';
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
  let release: () => Promise<void>;
  try {
    release = await lockfile.lock(folder, {
      realpath: false,
      lockfilePath: join(folder, '.drover.lock'),
      stale: 10_000,
      retries: { retries: waitMs / retryMs, factor: 1, minTimeout: retryMs, maxTimeout: retryMs },
      onCompromised: () => {
        isCompromised = true; // the process was suspended: what is left to do is repeated by the next call
      },
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOCKED') {
      throw new AppError('busy', `Another drover is changing the units in ${folder}`, {
        hint: 'try again once it has ended',
        cause: error,
      });
    }
    throw new AppError('service_failed', `Cannot write in ${folder} (${code ?? String(error)})`, {
      hint: 'unit files have to be kept there: the service manager looks nowhere else',
      cause: error,
    });
  }
  try {
    return await work();
  } finally {
    if (!isCompromised) await release();
  }
}
