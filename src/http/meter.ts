import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, createHistogram, type Histogram, type HistogramReading } from '../base/index.ts';
import type { RouteSpec } from '../contract/index.ts';

/** Upper bounds in seconds: most answers take well under a millisecond, a cancel up to ten seconds. */
const durationBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Requests of one route since the daemon started. */
export type RouteFigures = {
  readonly method: string;
  /** The path with its parameters in braces; `none` for what never came to a route. */
  readonly route: string;
  /** By class of status: `2xx`…, or `aborted` when the caller went away before there was an answer. */
  readonly codes: Readonly<Record<string, number>>;
  /** Null for routes that answer with a stream, which lasts as long as its reader. */
  readonly duration: HistogramReading | null;
};

/** Counts and times every request that comes to the door. */
export type RequestMeter = {
  /** To be called at the head of a request. */
  readonly begin: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  /** Says which route answers it. */
  readonly route: (incoming: IncomingMessage, route: RouteSpec) => void;
  readonly read: () => readonly RouteFigures[];
};

type Tally = {
  readonly method: string;
  readonly route: string;
  readonly codes: Record<string, number>;
  readonly duration: Histogram | null;
};

/** Makes it. One listener and two look-ups for each request, nothing that grows with the number of requests. */
export function createRequestMeter(clock: Clock): RequestMeter {
  const tallies = new Map<string, Tally>();
  const routed = new WeakMap<IncomingMessage, Tally>();
  const nowhere = newTally('any', 'none', createHistogram(durationBounds));
  return {
    begin: (incoming, outgoing) => {
      const startedAt = clock.monotonic();
      outgoing.on('close', () => {
        const tally = routed.get(incoming) ?? nowhere;
        const code = outgoing.headersSent ? `${Math.floor(outgoing.statusCode / 100)}xx` : 'aborted';
        tally.codes[code] = (tally.codes[code] ?? 0) + 1;
        tally.duration?.observe((clock.monotonic() - startedAt) / 1000);
      });
    },
    route: (incoming, { id, method, path, response }) => {
      let tally = tallies.get(id);
      if (tally === undefined) {
        const isStream = response === 'text/event-stream';
        tally = newTally(method, path, isStream ? null : createHistogram(durationBounds));
        tallies.set(id, tally);
      }
      routed.set(incoming, tally);
    },
    read: () =>
      [...tallies.values(), nowhere].map(({ method, route, codes, duration }) => ({
        method,
        route,
        codes: { ...codes },
        duration: duration?.read() ?? null,
      })),
  };
}

function newTally(method: string, route: string, duration: Histogram | null): Tally {
  return { method, route, codes: {}, duration };
}
