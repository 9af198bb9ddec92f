import { type Clock, localDay } from '../../base/index.ts';
import { AppError, newId, type SentInput } from '../../contract/index.ts';
import { getRun, type RunRow, type Store, type Transaction } from '../../foundation/store/index.ts';
import { type Adapter, shorten } from '../agents/index.ts';
import { type Budget, overrunOf } from './budget.ts';
import { findRun } from './find.ts';
import { unpark } from './follow/parking.ts';
import { ofRun } from './follow/waiting.ts';
import type { Supervisors } from './supervisors.ts';

/** What the journal tells of a message, in characters: its beginning. The agent is told all of it. */
export const maxToldChars = 64 * 1024;

export type SendOptions = {
  readonly store: Store;
  readonly clock: Clock;
  readonly supervisors: Supervisors;
  readonly adapterOf: (run: RunRow) => Pick<Adapter<unknown>, 'takesMessages'>;
  readonly budget: () => Budget;
  /** Runs in the transaction that makes the message durable. */
  readonly also?: ((tx: Transaction, sent: SentInput) => void) | undefined;
};

/**
 * Takes a message for the agent of a run that is at work. From then on the run does not end well before it was read: it
 * is in the adapter's state, and its line in `inputs`, in one transaction with the event and the answer. A run that ends
 * otherwise tells of each message that was not read (`input.unread`). Throws where nobody is there to be told.
 */
export async function sendInput(
  ref: string,
  text: string,
  { store, clock, supervisors, adapterOf, budget, also }: SendOptions,
): Promise<SentInput> {
  const run = store.read((sql) => findRun(sql, ref));
  assertListens(run, adapterOf(run));
  const sent = { input_id: newId('inp', clock.now()), run_id: run.id };
  const message = { key: sent.input_id, text };
  await supervisors.of(run.key).say(message, (tx, refusal) => {
    const now = getRun(tx, run.key);
    assertListens(now, adapterOf(now));
    const overrun = overrunOf(tx, now, { budget: budget(), day: localDay(tx.now) });
    if (overrun !== null) {
      throw new AppError('budget_used_up', overrun.reason.replace('Stopped', 'The message was not sent'), {
        hint: 'raise the limit, or wait for the next day where it is one of the day',
      });
    }
    if (refusal !== null) {
      throw new AppError('input_refused', `The message was not sent: ${lowerFirst(refusal)}`, {
        hint: 'send it again when the agent has read some of what waits',
      });
    }
    tx.event({
      type: 'input.received',
      data: { input_id: sent.input_id, text: shorten(text, maxToldChars) },
      source: 'person',
      ...ofRun(run),
    });
    unpark(tx, run);
    also?.(tx, sent);
  });
  return sent;
}

/** Throws where the agent is not there yet, not there any more, or not one that listens. */
function assertListens(run: RunRow, adapter: Pick<Adapter<unknown>, 'takesMessages'>): void {
  if (run.endedAt !== null) {
    throw new AppError('run_ended', `The run ${run.id} has ended already: ${run.status}`, {
      hint: goOn(run),
    });
  }
  if (!adapter.takesMessages) {
    throw new AppError(
      'option_unsupported',
      `Nothing can be said to ${run.agent}: it reads no input while it is at work`,
      { hint: 'cancel it and start another, or name an agent that takes a prompt' },
    );
  }
  if (run.stopKind !== null || run.outcome !== null) {
    const what = run.stopKind === null ? 'its last turn is over' : 'it was told to stop';
    throw new AppError('run_ended', `The run ${run.id} is ending: ${what}`, { hint: goOn(run) });
  }
  if (run.status === 'queued' || run.adapterState === null) {
    const where = run.status === 'queued' ? 'waits in the queue' : 'is being prepared';
    throw new AppError('run_not_started', `The run ${run.id} ${where}: no agent is there to be told`, {
      hint: 'send it when the run is at work, or cancel it and say all in its prompt',
    });
  }
}

function goOn({ id, sessionId }: RunRow): string {
  return sessionId === null ? 'start another run' : `go on in its session: drover run --session ${id} "…"`;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
