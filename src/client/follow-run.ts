import { type Clock, systemClock } from '../base/index.ts';
import { type Event, isAppError, type Run } from '../contract/index.ts';
import type { Client } from './client.ts';

export type FollowOptions = {
  readonly after?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
};

/** How long a daemon may be away, for example restarting, before a follower gives up. */
export const awayMs = 30_000;
const pauseMs = 200;

/**
 * Yields every event of a run until it has ended, also across restarts of the daemon, and returns the ended run. A
 * stream that ends while the run goes on (the daemon drains) is taken up again after the last event.
 */
export async function* followRun(
  client: Client,
  runId: string,
  options: FollowOptions = {},
): AsyncGenerator<Event, Run | null, void> {
  const clock = options.clock ?? systemClock;
  let after = options.after ?? 0;
  for (;;) {
    for await (const event of client.stream('runsEvents', {
      params: { run: runId },
      after,
      reconnectMs: awayMs,
      signal: options.signal,
      clock,
    })) {
      after = event.seq;
      yield event;
    }
    if (options.signal?.aborted) return null;
    const run = await showPatiently(client, runId, clock);
    if (run.ended_at !== null) return run;
    await clock.sleep(pauseMs, options.signal).catch(() => {}); // aborted: seen at the next turn
  }
}

async function showPatiently(client: Client, runId: string, clock: Clock): Promise<Run> {
  const deadline = clock.monotonic() + awayMs;
  for (;;) {
    try {
      return await client.call('runsShow', { params: { run: runId } });
    } catch (error) {
      const isAway = isAppError(error, 'daemon_not_running') || isAppError(error, 'busy');
      if (!isAway || clock.monotonic() > deadline) throw error;
      await clock.sleep(pauseMs);
    }
  }
}
