import type { Clock } from '../base/index.ts';
import { createClient, locateDaemon, stopDaemon } from '../client/index.ts';
import { AppError, isAppError, type Status } from '../contract/index.ts';
import type { ServiceSpec } from './types.ts';

/** How long a daemon that the manager has started may take until it answers. */
export const readyDeadlineMs = 30_000;
const stopDeadlineMs = 30_000;
const askDeadlineMs = 5000;
const pollMs = 50;

/** What the daemon of a state root says, wherever it listens; null when none is running. */
export async function runningDaemon({ stateRoot }: ServiceSpec): Promise<Status | null> {
  try {
    return await clientOf(stateRoot).call('status', { deadlineMs: askDeadlineMs });
  } catch (error) {
    if (isAppError(error, 'daemon_not_running')) return null;
    throw error;
  }
}

/** Stops the daemon of a state root that no manager keeps; its runs go on. */
export async function stopRunning({ stateRoot }: ServiceSpec, clock: Clock): Promise<void> {
  try {
    await stopDaemon(clientOf(stateRoot), { isRemote: false, deadlineMs: stopDeadlineMs, clock });
  } catch (error) {
    if (!isAppError(error, 'daemon_not_running')) throw error;
  }
}

/**
 * Waits until the daemon of the state root answers, on the socket that it names itself, that it is ready. `isHopeless` is
 * asked now and then: a reason why it never will. Throws `service_failed`.
 */
export async function untilReady(
  spec: ServiceSpec,
  clock: Clock,
  isHopeless: () => Promise<AppError | null>,
): Promise<Status> {
  const deadline = clock.monotonic() + readyDeadlineMs;
  let last = 'daemon not running';
  for (;;) {
    try {
      const status = await runningDaemon(spec);
      if (status?.ready) return status;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    const reason = await isHopeless();
    if (reason !== null) throw reason;
    if (clock.monotonic() > deadline) {
      throw new AppError(
        'service_failed',
        `The daemon of ${spec.stateRoot} does not answer after ${readyDeadlineMs / 1000} s: ${last}`,
      );
    }
    await clock.sleep(pollMs);
  }
}

function clientOf(stateRoot: string) {
  return createClient(locateDaemon({ flags: { stateRoot }, env: {}, cwd: '/' }));
}
