import type { Outcome, ProcessExit } from '../adapter.ts';
import { canceled, describeExit, failed } from '../outcome.ts';
import { noteArrived } from './pending.ts';
import { endMessage } from './speech.ts';
import { type AnyDialog, update, type Work } from './work.ts';

/** Ends the dialog: open message completed, open requests withdrawn, nothing after it. */
export function finish(work: Work<AnyDialog>, outcome: Outcome): void {
  endMessage(work);
  noteArrived(work, null);
  for (const pending of work.state.pending) {
    work.effects.push({ kind: 'withdrawn', key: pending.key, reason: 'The agent ended its turn' });
  }
  work.effects.push({ kind: 'finish', outcome });
  update(work, { outcome, pending: [], answered: [], tools: [] });
}

/** How the process ended, where the protocol had not said it; `when` is a clause such as `before it was ready`. */
export function outcomeOfExit(state: AnyDialog, exit: ProcessExit, when: string): Outcome {
  if (state.outcome !== null) return state.outcome;
  if (state.canceling) return canceled(null);
  const words = state.lastWords === null ? '' : `: ${state.lastWords}`;
  return failed('agent_exited', `The agent ${describeExit(exit)} ${when}${words}`);
}
