import {
  getRun,
  type RunRow,
  type StopKind,
  type Store,
  type Transaction,
  updateRun,
} from '../../../foundation/store/index.ts';
import type { Adapter, Outcome } from '../../agents/index.ts';
import { untoldLimit } from '../budget.ts';
import { expireApprovals } from '../follow/apply.ts';
import { ofRun } from '../follow/waiting.ts';

/** How the process side of a run ended. */
export type ProcessEnd =
  | {
      readonly kind: 'exited';
      readonly exitCode: number;
      readonly signal: string | null;
      readonly wasStopped: boolean;
      readonly setUpFailure?: { readonly command: string; readonly status: number } | null;
      readonly verdict: 'out_of_memory' | null;
    }
  | { readonly kind: 'vanished'; readonly reason: string; readonly verdict: 'out_of_memory' | null }
  | { readonly kind: 'never_started'; readonly error: RunError | null }
  | { readonly kind: 'given_up'; readonly error: RunError };

type RunError = { readonly code: string; readonly message: string };

export type FinalState = {
  readonly status: 'succeeded' | 'failed' | 'canceled' | 'interrupted';
  readonly reason: string | null;
  readonly error: RunError | null;
};

const stoppedReason =
  'The system stopped the processes of the run: at a logout, a shutdown, or by a stop of its unit';

/**
 * The one rule of how a run ends. An intention that was stored before the tree was ended wins over how it died; a
 * recorded exit is judged by the adapter; no record at all, or a failure after the system had told the run to end, is
 * `interrupted`.
 */
export function finalState(
  run: RunRow,
  end: ProcessEnd,
  adapter: Pick<Adapter<unknown>, 'exited'>,
): FinalState {
  if (run.stopKind !== null) return stopped(run.stopKind, run.stopReason ?? 'Stopped');
  if (end.kind === 'given_up') return { status: 'failed', reason: end.error.message, error: end.error };
  if (end.kind === 'never_started') {
    if (end.error === null && run.outcome !== null) return run.outcome as Outcome; // the adapter refused it
    return { status: 'failed', reason: end.error?.message ?? 'The run was never started', error: end.error };
  }
  if (end.verdict === 'out_of_memory') {
    const message = 'The operating system ended the agent because memory ran out';
    return { status: 'failed', reason: message, error: { code: 'out_of_memory', message } };
  }
  if (end.kind === 'exited') {
    if (end.setUpFailure) return end.wasStopped ? interrupted(stoppedReason) : setUpFailed(end.setUpFailure);
    const outcome: Outcome = adapter.exited(run.adapterState, end);
    return end.wasStopped && outcome.status === 'failed' ? interrupted(stoppedReason) : outcome;
  }
  if (run.outcome !== null) return run.outcome as Outcome; // the turn was over; only the exit record is missing
  return interrupted(end.reason);
}

function setUpFailed({ command, status }: { readonly command: string; readonly status: number }): FinalState {
  const message = `The set-up command '${command}' ended with ${status}; the agent was not started`;
  return { status: 'failed', reason: message, error: { code: 'set_up_failed', message } };
}

function interrupted(reason: string): FinalState {
  return { status: 'interrupted', reason, error: { code: 'interrupted', message: reason } };
}

function stopped(kind: StopKind, reason: string): FinalState {
  if (kind === 'cancel') return { status: 'canceled', reason, error: null };
  return { status: 'failed', reason, error: { code: kind, message: reason } };
}

/** Moves a run to its final state, once: true when this call did it. */
export function finishRun(tx: Transaction, key: number, final: FinalState, end: ProcessEnd): boolean {
  const run = getRun(tx, key);
  if (run.endedAt !== null) return false;
  const exit =
    end.kind === 'exited' ? { exitCode: end.exitCode, signal: end.signal } : { exitCode: null, signal: null };
  expireApprovals(tx, run);
  const untold = run.startedAt === null ? null : untoldLimit(run);
  if (untold !== null)
    tx.event({ type: 'agent.notice', data: { text: untold }, source: 'daemon', ...ofRun(run) });
  const endSeq = tx.event({
    type: 'run.finished',
    data: {
      status: final.status,
      reason: final.reason,
      exit_code: exit.exitCode,
      signal: exit.signal,
      result: run.result,
    },
    source: 'daemon',
    ...ofRun(run),
  });
  updateRun(tx, key, {
    status: final.status,
    reason: final.reason,
    errorCode: final.error?.code ?? null,
    errorMessage: final.error?.message ?? null,
    endedAt: tx.now,
    waitingOn: null,
    parkedUntil: null,
    tokenHash: null,
    adapterState: null, // may be large, and nobody reads it any more
    endSeq,
    ...exit,
  });
  return true;
}

/**
 * Cancels a run that waits in the queue. One that was never prepared ends here. One whose launch was tried before leaves
 * the queue with the intention stored, for its supervisor to end: a launcher may have begun after all.
 */
export function cancelQueued(tx: Transaction, key: number, reason: string): 'canceled' | 'left_queue' | null {
  const run = getRun(tx, key);
  if (run.status !== 'queued') return null;
  updateRun(tx, key, { stopKind: 'cancel', stopReason: reason });
  if (run.worktree !== null) {
    updateRun(tx, key, { status: 'starting', reason: null });
    return 'left_queue';
  }
  finishRun(tx, key, { status: 'canceled', reason, error: null }, { kind: 'never_started', error: null });
  return 'canceled';
}

/** Stores the intention to stop a run, once: the first intention stays. */
export function intendStop(
  store: Store,
  key: number,
  intent: { readonly kind: StopKind; readonly reason: string },
): Promise<boolean> {
  return store.write((tx) => {
    const run = getRun(tx, key);
    if (run.endedAt !== null || run.stopKind !== null) return false;
    updateRun(tx, key, { stopKind: intent.kind, stopReason: intent.reason });
    tx.event({
      type: 'run.cancel_requested',
      data: { reason: intent.reason },
      source: 'daemon',
      ...ofRun(run),
    });
    return true;
  });
}
