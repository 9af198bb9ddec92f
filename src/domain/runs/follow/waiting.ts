import {
  getRun,
  hasUncertainInput,
  pendingApprovalsOfRun,
  type Transaction,
  updateRun,
} from '../../../foundation/store/index.ts';

/** The run that effects belong to. */
export type EffectTarget = { readonly key: number; readonly id: string; readonly repoId: string | null };

/** Fields of an event that tells of this run. */
export function ofRun(run: EffectTarget) {
  return { run: { key: run.key, id: run.id }, ...(run.repoId === null ? {} : { repoId: run.repoId }) };
}

/** Why a run waits on `input`. */
export const uncertainReason =
  'The daemon stopped while it wrote this to the agent, and the agent has not shown that it arrived';

/** Moves a run to `waiting`, with the event. A run that waits already keeps what it waits on first. */
export function waitOn(
  tx: Transaction,
  run: EffectTarget,
  wait: { readonly waitingOn: string; readonly reason: string; readonly until?: string },
): void {
  const now = getRun(tx, run.key);
  if (now.endedAt !== null || now.waitingOn !== null) return;
  updateRun(tx, run.key, { status: 'waiting', waitingOn: wait.waitingOn, reason: wait.reason });
  const data = { waiting_on: wait.waitingOn, ...(wait.until !== undefined && { until: wait.until }) };
  tx.event({ type: 'run.waiting', data, source: 'daemon', ...ofRun(run) });
}

/** After an approval was resolved or an input arrived: the run goes on, or waits on what is left. */
export function resumeIfNothingWaits(tx: Transaction, run: EffectTarget): void {
  const now = getRun(tx, run.key);
  if (now.status !== 'waiting') return;
  const next = pendingApprovalsOfRun(tx, run.key)[0];
  if (next !== undefined) {
    updateRun(tx, run.key, { waitingOn: next.id, reason: `Waiting for a person: ${next.title}` });
    return;
  }
  if (hasUncertainInput(tx, run.key)) {
    updateRun(tx, run.key, { waitingOn: 'input', reason: uncertainReason });
    return;
  }
  if (now.parkedUntil !== null) return; // its provider still refuses
  updateRun(tx, run.key, { status: 'running', waitingOn: null, reason: null });
  tx.event({ type: 'run.resumed', data: {}, source: 'daemon', ...ofRun(run) });
}
