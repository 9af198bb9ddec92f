import { type Clock, inBackground, type Log } from '../../base/index.ts';
import { formatDuration, isAppError } from '../../contract/index.ts';
import { type ApprovalRow, nextExpiry, overdueApprovals, type Store } from '../../foundation/store/index.ts';
import { answeredByPolicy } from './follow/apply.ts';
import { answer } from './policy/judge.ts';
import { settleApproval } from './settle.ts';
import type { Supervisors } from './supervisors.ts';

/** While something is due the time is looked at this often: a clock is set, and a machine that slept wakes late. */
export const maxSleepMs = 60_000;
/** After an answer that could not be stored. */
const retryMs = 5000;

export type ExpiryOptions = {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly supervisors: Pick<Supervisors, 'of'>;
};

/** Answers what nobody has answered in its time. */
export type Expiry = {
  /** Begins, with what became due while no daemon was there. */
  readonly start: () => void;
  /** Looks again: something new may be due first. */
  readonly look: () => void;
  /** Resolves when it answers nothing more. */
  readonly close: () => Promise<void>;
};

/**
 * Makes it: one timer, for the approval that is due first. The time is in the row, so that a restart forgets nothing; the
 * answer is a compare-and-set, so that a person who is faster wins and nothing expires twice.
 */
export function createExpiry({ store, clock, log, supervisors }: ExpiryOptions): Expiry {
  let isClosed = false;
  let pause = new AbortController();
  let looping: Promise<void> | null = null;

  const look = () => pause.abort();

  /** Resolves after `ms`, or at a look; null: at a look alone. */
  const untilLook = async (ms: number | null) => {
    pause = new AbortController();
    const { signal } = pause;
    if (ms !== null) return clock.sleep(ms, signal).catch(() => {}); // a look
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  };

  const turn = async () => {
    const at = store.read(nextExpiry);
    if (at === null) return untilLook(null);
    const dueInMs = at - clock.now();
    if (dueInMs > 0) return untilLook(Math.min(dueInMs, maxSleepMs));
    const failures: unknown[] = [];
    for (const approval of store.read((sql) => overdueApprovals(sql, clock.now()))) {
      if (isClosed) return;
      await expire(approval, supervisors).catch((error: unknown) => {
        if (!isAppError(error, 'approval_resolved')) failures.push(error); // else somebody was faster
      });
    }
    if (failures.length > 0) throw failures[0];
  };

  const loop = async () => {
    while (!isClosed) {
      try {
        await turn();
      } catch (error) {
        if (isClosed) return;
        log.warn('could not answer what has expired; tried again', { err: error });
        await untilLook(retryMs);
      }
    }
  };

  return {
    start: () => {
      looping ??= loop();
      inBackground(log, 'expiry of approvals', looping);
    },
    look,
    close: async () => {
      isClosed = true;
      look();
      await looping;
    },
  };
}

async function expire(approval: ApprovalRow, supervisors: Pick<Supervisors, 'of'>): Promise<void> {
  const decision = approval.defaultDecision ?? 'deny';
  const waited = formatDuration((approval.expiresAt ?? approval.requestedAt) - approval.requestedAt);
  const outcome = decision === 'allow' ? 'allowed' : approval.kind === 'question' ? 'declined' : 'denied';
  const reason = `Nobody answered within ${waited}: ${outcome}`;
  await settleApproval(approval, supervisors, {
    answer: answer(decision, decision === 'deny' ? { text: reason } : {}),
    resolution: { status: 'expired', by: answeredByPolicy, reason },
  });
}
