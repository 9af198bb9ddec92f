import { finish, noteProgress } from '../dialog/end.ts';
import { update, write } from '../dialog/work.ts';
import { failed } from '../outcome.ts';
import type { CodexWork } from './state.ts';
import { request, rpcIds } from './wire.ts';

/**
 * Counts the model's answers: Codex has no limit of its own, and tells after each what it cost. Returns false when the
 * run ended here because one more than allowed began; its later output is not taken.
 */
export function countAnswer(work: CodexWork): boolean {
  const { answerDue, request: asked } = work.state;
  noteProgress(work);
  if (!answerDue) return true;
  const answers = work.state.answers + 1;
  update(work, { answers, answerDue: false });
  if (asked.maxTurns === null || answers <= asked.maxTurns) return true;
  interrupt(work);
  const noun = asked.maxTurns === 1 ? '1 turn' : `${asked.maxTurns} turns`;
  finish(work, failed('max_turns', `The run was stopped after ${noun}, its limit`));
  return false;
}

/** Asks Codex to stop its turn; false when there is none yet. */
export function interrupt(work: CodexWork): boolean {
  const { threadId, turnId } = work.state;
  if (threadId === null || turnId === null) return false;
  write(work, 'interrupt', request(rpcIds.interrupt, 'turn/interrupt', { threadId, turnId }));
  return true;
}
