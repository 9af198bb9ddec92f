import { finish } from '../dialog/end.ts';
import { update, write } from '../dialog/work.ts';
import { asCount, type Fields } from '../fields.ts';
import { failed } from '../outcome.ts';
import type { ClaudeWork } from './state.ts';
import { controlRequest, requestIds } from './wire.ts';

/** What each message began is over: Claude Code counts its turns from one message to the next. */
export function noteTurns(work: ClaudeWork, result: Fields): void {
  update(work, { turnsDone: work.state.turnsDone + (asCount(result.num_turns) ?? 0), turnsNow: 0 });
}

/**
 * The model begins an answer. Claude Code keeps to its limit with each message anew, so from the second message on drover
 * counts for the run. Returns false when the run ended here.
 */
export function countTurn(work: ClaudeWork): boolean {
  const { turnsDone, turnsNow, maxTurns } = work.state;
  update(work, { turnsNow: turnsNow + 1 });
  if (maxTurns === null || turnsDone === 0 || turnsDone + turnsNow + 1 <= maxTurns) return true;
  write(work, 'interrupt', controlRequest(requestIds.interrupt, 'interrupt'));
  const noun = maxTurns === 1 ? '1 turn' : `${maxTurns} turns`;
  finish(work, failed('max_turns', `The run was stopped after ${noun}, its limit`));
  return false;
}
