import { toTimestamp } from '../../../base/index.ts';
import { waitsOnLimit } from '../../../contract/index.ts';
import { getRun, type Transaction, updateRun } from '../../../foundation/store/index.ts';
import type { AdapterEffect } from '../../agents/index.ts';
import { type EffectTarget, resumeIfNothingWaits, waitOn } from './waiting.ts';

/** A limit that seems to be lifted already is not tried again before this. */
export const minParkMs = 5000;

/** The provider refuses to go on until an instant: the run waits for it, and its agent stays. */
export function park(
  tx: Transaction,
  run: EffectTarget,
  { until, reason }: Extract<AdapterEffect, { kind: 'park' }>,
): void {
  const parkedUntil = Math.max(Date.parse(until), tx.now + minParkMs);
  updateRun(tx, run.key, { parkedUntil });
  const at = toTimestamp(parkedUntil);
  waitOn(tx, run, { waitingOn: waitsOnLimit, reason: `Goes on by itself at ${at}: ${reason}`, until: at });
}

/** The wait is over, because it is time or because somebody said something; false when it was over before. */
export function unpark(tx: Transaction, run: EffectTarget): boolean {
  const now = getRun(tx, run.key);
  if (now.parkedUntil === null) return false;
  updateRun(tx, run.key, { parkedUntil: null });
  if (now.waitingOn === waitsOnLimit) resumeIfNothingWaits(tx, run);
  return true;
}
