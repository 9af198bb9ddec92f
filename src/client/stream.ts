import type { IncomingMessage } from 'node:http';
import { type Clock, systemClock } from '../base/index.ts';
import { AppError, type Event, isAppError } from '../contract/index.ts';
import type { Endpoint } from './locate.ts';
import { request, toAppError } from './request.ts';
import { createSseParser } from './sse-parser.ts';

/** How a stream begins and how long it tries to come back. */
export type StreamOptions = {
  /** Only events with a greater seq. */
  readonly after?: number | undefined;
  /** False: end at the last event there is. */
  readonly isFollowing?: boolean;
  /** Give up when nothing came for this long while reconnecting; 30 s unless told. */
  readonly reconnectMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
};

/** The head of a stream's answer must come within this. */
export const streamHeadMs = 15_000;
/** Nothing at all, not even a heartbeat (at least every 15 s), for this long means that the connection is dead. */
export const silenceMs = 45_000;
const backoffMs = [50, 100, 200, 500, 1000, 2000] as const;

/**
 * Yields events in order, each once. A connection that fails or goes silent is made anew and resumes after the last
 * event seen; when that does not succeed within `reconnectMs` the last error is thrown. Ends when the daemon ends the
 * stream cleanly.
 */
export async function* streamEvents(
  endpoint: Endpoint,
  pathFor: (query: { follow?: string | undefined; after?: number | undefined }) => string,
  options: StreamOptions = {},
): AsyncGenerator<Event, void, void> {
  const clock = options.clock ?? systemClock;
  const path = (after: number | undefined) =>
    pathFor({ follow: options.isFollowing === false ? 'false' : undefined, after });
  let last = options.after;
  let failures = 0;
  let failingSince: number | null = null;
  for (;;) {
    try {
      const response = await request(endpoint, {
        method: 'GET',
        path: path(last),
        headers: {
          accept: 'text/event-stream',
          ...(last === undefined ? {} : { 'last-event-id': String(last) }),
        },
        deadlineMs: streamHeadMs,
        isEndless: true,
        signal: options.signal,
      });
      for await (const event of eventsOf(response)) {
        if (last !== undefined && event.seq <= last) continue;
        last = event.seq;
        failures = 0;
        failingSince = null;
        yield event;
      }
      return;
    } catch (caught) {
      if (options.signal?.aborted) return;
      const error = toAppError(endpoint, caught);
      if (!isWorthRetrying(error)) throw error;
      failingSince ??= clock.monotonic();
      // A daemon that was never reached is not running; one that was is probably on its way back.
      if (last === undefined && isAppError(error, 'daemon_not_running')) throw error;
      if (clock.monotonic() - failingSince > (options.reconnectMs ?? 30_000)) throw error;
      await clock
        .sleep(backoffMs[Math.min(failures++, backoffMs.length - 1)] ?? 0, options.signal)
        .catch(() => {});
      if (options.signal?.aborted) return;
    }
  }
}

function isWorthRetrying(error: AppError): boolean {
  return ['daemon_not_running', 'busy', 'draining', 'timeout'].includes(error.code);
}

/** The events of one connection; throws when it is cut or silent. */
async function* eventsOf(response: IncomingMessage): AsyncGenerator<Event, void, void> {
  const parse = createSseParser();
  response.setEncoding('utf8');
  response.socket.setTimeout(silenceMs, () =>
    response.destroy(new AppError('timeout', 'The event stream went silent')),
  );
  for await (const chunk of response as AsyncIterable<string>) {
    for (const message of parse(chunk)) yield JSON.parse(message.data) as Event;
  }
}
