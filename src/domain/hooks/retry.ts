import type { HookRow } from '../../foundation/store/index.ts';
import { type Hook, nameOf } from './hook.ts';

/** Pauses between the tries of one event; after the last one it is given up. */
export const pausesMs: readonly number[] = [1000, 5000, 20_000, 60_000, 300_000];

/** How a try went. */
export type Outcome = { readonly kind: 'delivered' } | { readonly kind: 'failed'; readonly error: string };

export type Try = {
  readonly seq: number;
  readonly outcome: Outcome;
  readonly now: number;
  readonly pauses: readonly number[];
};

/** Where a hook stands after a try: past the event, or before it with an instant for the next try. */
export function afterTry(
  row: HookRow,
  { seq, outcome, now, pauses }: Try,
): { readonly row: HookRow; readonly isGivenUp: boolean } {
  const { key } = row;
  if (outcome.kind === 'delivered') {
    return { row: { key, seq, attempts: 0, dueAt: 0, failedSeq: null, error: null }, isGivenUp: false };
  }
  const before = row.failedSeq === seq ? row.attempts : 0; // else the tries were another event's, which is gone
  const pause = pauses[before];
  const failed = { key, failedSeq: seq, error: outcome.error };
  if (pause === undefined) return { row: { ...failed, seq, attempts: 0, dueAt: 0 }, isGivenUp: true };
  return { row: { ...failed, seq: seq - 1, attempts: before + 1, dueAt: now + pause }, isGivenUp: false };
}

/** How long until the next try. A clock that was set back makes no pause longer than the longest one. */
export function pauseUntilDue(row: HookRow, now: number, pauses: readonly number[]): number {
  if (row.attempts === 0) return 0;
  return Math.min(Math.max(0, row.dueAt - now), Math.max(0, ...pauses));
}

/** What `status` says of a hook whose last delivery failed; null when all is well. */
export function warningOf(hook: Hook, { failedSeq, error, attempts }: HookRow): string | null {
  if (error === null) return null;
  const next = attempts > 0 ? 'it is tried again' : 'it was given up';
  return `Event ${failedSeq} did not reach the hook ${nameOf(hook)}: ${error}; ${next}`;
}
