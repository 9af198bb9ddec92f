import { update, write } from '../dialog/work.ts';
import { failed } from '../outcome.ts';
import { finish } from './finish.ts';
import { cancelPending } from './pending.ts';
import type { Work } from './state.ts';
import { encodeNotification } from './wire.ts';

/**
 * Counts turns as far as ACP shows them: one turn is what the model says (message, thought, tool calls) between the
 * prompt, or the end of the last open tool call, and the next end of tool calls. Returns false when the run ended here
 * because one turn more than allowed began; the agent is told to cancel and its later output is not taken.
 */
export function countTurn(work: Work): boolean {
  const { turnDue, maxTurns } = work.state;
  if (!turnDue) return true;
  const turns = work.state.turns + 1;
  update(work, { turns, turnDue: false });
  if (maxTurns === null || turns <= maxTurns) return true;
  tellCancel(work);
  const noun = maxTurns === 1 ? '1 turn' : `${maxTurns} turns`;
  finish(work, failed('max_turns', `The run was stopped after ${noun}, its limit`));
  return false;
}

/** Asks the agent to stop its turn: open requests answered as cancelled, then `session/cancel`. */
export function tellCancel(work: Work): void {
  cancelPending(work, 'The turn was canceled');
  const { sessionId } = work.state;
  write(work, 'session/cancel', encodeNotification('session/cancel', { sessionId }));
}
