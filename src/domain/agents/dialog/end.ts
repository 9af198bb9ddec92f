import type { Outcome, ProcessExit } from '../adapter.ts';
import { canceled, describeExit, failed } from '../outcome.ts';
import { giveUpMessages } from './messages.ts';
import { noteArrived } from './pending.ts';
import { endMessage, leaveMessage } from './speech.ts';
import { type AnyDialog, update, type Work } from './work.ts';

/** An agent that does nothing between being parked this often in a row is given up on: its limit does not lift. */
export const maxParks = 5;

/** Ends the dialog: open message completed, open requests withdrawn, nothing after it. */
export function finish(work: Work<AnyDialog>, outcome: Outcome): void {
  closeTurn(work);
  giveUpMessages(work, 'The run ended before the agent had read it');
  work.effects.push({ kind: 'finish', outcome });
  update(work, { outcome });
}

/**
 * A turn is over. The run goes on when a person said something that the agent has not read; it waits when the provider
 * refuses until an instant that is known; else it ends with this turn.
 */
export function endTurn(work: Work<AnyDialog>, outcome: Outcome): 'goes on' | 'parked' | 'finished' {
  const { unread, parks, canceling } = work.state;
  const isRefused = outcome.error?.code === 'rate_limited';
  if (!canceling && unread.length > 0 && (isRefused || outcome.status === 'succeeded')) {
    closeTurn(work);
    return 'goes on';
  }
  const { resetsAt: until = '' } = outcome;
  if (!canceling && isRefused && Number.isFinite(Date.parse(until)) && parks < maxParks) {
    closeTurn(work);
    const parked = { until, reason: outcome.reason ?? '' };
    update(work, { parked, parks: parks + 1 });
    work.effects.push({ kind: 'park', ...parked });
    return 'parked';
  }
  finish(work, outcome);
  return 'finished';
}

/** The agent works: what it was parked for is over. */
export function noteProgress(work: Work<AnyDialog>): void {
  if (work.state.parks > 0) update(work, { parks: 0 });
}

/** The agent is gone: what was open is told as that. */
export function leave(work: Work<AnyDialog>): void {
  leaveMessage(work);
  giveUpMessages(work, 'The agent was gone before it had read it');
}

/** How the process ended, where the protocol had not said it; `when` is a clause such as `before it was ready`. */
export function outcomeOfExit(state: AnyDialog, exit: ProcessExit, when: string): Outcome {
  if (state.outcome !== null) return state.outcome;
  if (state.canceling) return canceled(null);
  if (state.parked !== null) {
    const { until, reason } = state.parked;
    const why = `The agent ${describeExit(exit)} while it waited until ${until}: ${reason}`;
    return { ...failed('rate_limited', why), resetsAt: until };
  }
  const words = state.lastWords === null ? '' : `: ${state.lastWords}`;
  return failed('agent_exited', `The agent ${describeExit(exit)} ${when}${words}`);
}

/** What a turn leaves open ends with it. */
function closeTurn(work: Work<AnyDialog>): void {
  endMessage(work);
  noteArrived(work, null);
  for (const pending of work.state.pending) {
    work.effects.push({ kind: 'withdrawn', key: pending.key, reason: 'The agent ended its turn' });
  }
  update(work, { pending: [], answered: [], tools: [] });
}
