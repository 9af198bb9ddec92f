import { type Clock, isAlive, readIdentity } from '../base/index.ts';
import { AppError, isAppError } from '../contract/index.ts';
import type { Client } from './client.ts';

const pollMs = 50;

export type StopDaemon = {
  /** Another machine's daemon is asked over HTTP; our own gets SIGTERM, but not from inside a run. */
  readonly isRemote: boolean;
  readonly deadlineMs: number;
  readonly clock: Clock;
};

/**
 * Stops the daemon that answers and waits until it is gone; its pid. It is asked for its pid over its own socket, so
 * that a reused pid in an old file is never signalled. Throws `daemon_not_running` and, at the deadline, `timeout`.
 */
export async function stopDaemon(client: Client, options: StopDaemon): Promise<number> {
  const { clock } = options;
  const { pid } = await client.call('status');
  const mayNotSignal = client.endpoint.token !== undefined; // the daemon decides what this token allows
  const identity = options.isRemote ? null : await readIdentity(pid);
  if (identity === null || mayNotSignal) await client.call('shutdown');
  else signal(pid);
  const deadline = clock.monotonic() + options.deadlineMs;
  while (identity === null ? await isAnswering(client) : await isAlive(identity)) {
    if (clock.monotonic() > deadline) {
      throw new AppError(
        'timeout',
        `The daemon (pid ${pid}) is still there after ${options.deadlineMs / 1000} s`,
        {
          hint: 'look at its log: drover logs',
        },
      );
    }
    await clock.sleep(pollMs);
  }
  await untilSocketIsFree(client, clock);
  return pid;
}

/**
 * A process counts as gone when its first thread is, while another one may still hold the socket for an instant: who
 * connects then is cut off. Waits that out, for a second at most.
 */
async function untilSocketIsFree(client: Client, clock: Clock): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) {
    try {
      await client.call('healthz');
      return; // another daemon serves here already
    } catch (error) {
      if (isAppError(error, 'daemon_not_running')) return;
    }
    await clock.sleep(pollMs);
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function isAnswering(client: Client): Promise<boolean> {
  try {
    await client.call('healthz');
    return true;
  } catch (error) {
    return !isAppError(error, 'daemon_not_running');
  }
}
