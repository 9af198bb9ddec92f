import type { PlanRunRow, RunRow } from '../../foundation/store/index.ts';
import { cutInMiddle } from './prompts/material.ts';

/** How often who works at a stage is started before a person is asked. */
export const maxStageAttempts = 2;
/** Of what an agent wrote last, so much is told. */
const maxLastWordsChars = 1000;

/** What follows from the end of a run that has not said what it was to say. */
export type Follow =
  /** Nothing: what it was for is over, or a person's decision goes on from here. */
  | { readonly kind: 'close' }
  /** It is asked, in the conversation that it had. */
  | { readonly kind: 'ask' }
  /** It is started again. `isAnswered`: a person has answered it meanwhile, and it has not failed. */
  | { readonly kind: 'again'; readonly reason: string; readonly isAnswered: boolean }
  /** A person decides; a task counts as failed. `isFinal`: it is not tried again. */
  | { readonly kind: 'give_up'; readonly reason: string; readonly isFinal: boolean };

/** What is known of a run that has ended. */
export type Ended = {
  /** Null where the run is gone. */
  readonly row: RunRow | null;
  /** The plan is still at what the run was for. */
  readonly isWanted: boolean;
  /** Its agent can be asked in the conversation that it had. */
  readonly canGoOn: boolean;
  /** The last that it said was a question to a person. */
  readonly hasAsked: boolean;
  /** The plan waits for a decision. */
  readonly isBlocked: boolean;
  /** Why the last that it said was refused; null where nothing was. */
  readonly refused: string | null;
};

/** Judges the end of a plan's run. Pure. */
export function afterRun(run: PlanRunRow, ended: Ended): Follow {
  const { row, isWanted } = ended;
  if (!isWanted) return { kind: 'close' };
  const who = `the ${run.role}${run.task === null ? '' : ` of task ${run.task}`}`;
  if (row === null) return { kind: 'give_up', reason: `${who} is gone, with its journal`, isFinal: false };
  const why = row.reason ?? row.errorMessage ?? 'no reason was told';
  switch (row.status) {
    case 'canceled':
      return { kind: 'give_up', reason: `${who} was cancelled: ${why}`, isFinal: true };
    case 'succeeded':
      return afterSilence(run, who, { ...ended, row });
    default: {
      const reason = `${who} ${row.status === 'interrupted' ? 'was interrupted' : 'failed'}: ${why}`;
      return run.attempt < maxStageAttempts && run.state === 'open'
        ? { kind: 'again', reason, isAnswered: false }
        : { kind: 'give_up', reason, isFinal: false };
    }
  }
}

/** How it ended may be a question, which a person then answers. */
function lastWords({ result }: RunRow): string {
  const words = result?.trim() ?? '';
  return words === '' ? '' : `; its last words: "${cutInMiddle(words, maxLastWordsChars)}"`;
}

/** It came to its end in good order, and has not said that it is done. */
function afterSilence(
  run: PlanRunRow,
  who: string,
  { row, canGoOn, hasAsked, isBlocked, refused }: Ended & { readonly row: RunRow },
): Follow {
  if (hasAsked) {
    if (canGoOn) return { kind: 'ask' };
    return isBlocked
      ? { kind: 'close' }
      : { kind: 'again', reason: `${who} has asked, and was answered`, isAnswered: true };
  }
  const silence = `${refused === null ? '' : `; what it said was refused: ${refused}`}${lastWords(row)}`;
  if (run.state === 'asked')
    return {
      kind: 'give_up',
      reason: `${who} ended twice without saying that it is done${silence}`,
      isFinal: false,
    };
  if (canGoOn) return { kind: 'ask' };
  return {
    kind: 'give_up',
    reason: `${who} ended without saying that it is done, and cannot be asked: ${row.runtime} has no conversation to go on with${silence}`,
    isFinal: false,
  };
}
