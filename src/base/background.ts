import type { Log } from './log.ts';

/**
 * Hands over a promise that nobody awaits: names it and logs its failure, so that nothing fails in silence and
 * nothing becomes an unhandled rejection.
 */
export function inBackground(log: Log, name: string, work: Promise<unknown>): void {
  work.catch((error: unknown) => log.error('background work failed', { work: name, err: error }));
}
