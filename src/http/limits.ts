import { readFileSync } from 'node:fs';

/** What one daemon gives to its clients together (docs/adr/0004-guard-before-router.md). */
export type Limits = {
  /** Connections that are not event streams. */
  readonly maxConnections: number;
  /** Event streams, counted apart so that they never use up the connections. */
  readonly maxStreams: number;
  readonly maxHeaderBytes: number;
  readonly headersTimeoutMs: number;
  /** From the first byte of a request to the last of its body. */
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** A response of which no byte moves for this long is cut; a stream can then be resumed. */
  readonly stalledResponseMs: number;
  readonly maxBodyBytes: number;
  readonly heartbeatMs: number;
  /** How often the token of an open stream is checked again. */
  readonly recheckMs: number;
};

/** The limits on a machine with file descriptors to spare. */
export const defaultLimits: Limits = {
  maxConnections: 64,
  maxStreams: 128,
  maxHeaderBytes: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 10_000,
  stalledResponseMs: 120_000,
  maxBodyBytes: 2 ** 20,
  heartbeatMs: 10_000,
  recheckMs: 1000,
};

/** Descriptors kept for Node itself, the store, the logs, the runs and the processes that start them. */
export const reservedFiles = 48;
const leastConnections = 8;

/**
 * The default limits, lowered so that clients can never take the descriptors that the daemon works with. Most of what is
 * left goes to connections, without which there is no stream either. When they are all taken, what the daemon keeps is
 * enough to answer and to follow its runs, and a new run is refused as `busy`.
 */
export function limitsFor(maxFiles: number): Limits {
  const room = Math.max(leastConnections, maxFiles - reservedFiles);
  const maxConnections = Math.min(defaultLimits.maxConnections, Math.ceil((room * 3) / 4));
  return {
    ...defaultLimits,
    maxConnections,
    maxStreams: Math.min(defaultLimits.maxStreams, room - maxConnections),
  };
}

/** The soft limit of open files of this process; 256, the least that any supported system gives, where it cannot be read. */
export function readMaxFiles(): number {
  try {
    const match = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return match?.[1] === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(match?.[1] ?? 256);
  } catch {
    return 256; // no /proc: macOS
  }
}
