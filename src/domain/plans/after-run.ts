import type { PlanRunRow, RunRow } from '../../foundation/store/index.ts';

/** How often who works at a stage is started before a person is asked. */
export const maxStageAttempts = 2;

/** What follows from the end of a run that has not said what it was to say. */
export type Follow =
  /** Nothing: what it was for is over. */
  | { readonly kind: 'close' }
  /** It is asked, in the conversation that it had. */
  | { readonly kind: 'ask' }
  /** It is started again. */
  | { readonly kind: 'again'; readonly reason: string }
  /** A person decides; a task counts as failed. */
  | { readonly kind: 'give_up'; readonly reason: string };

/** Judges the end of a plan's run. `row` is null where the run is gone. Pure. */
export function afterRun(
  run: PlanRunRow,
  {
    row,
    isWanted,
    canGoOn,
  }: { readonly row: RunRow | null; readonly isWanted: boolean; readonly canGoOn: boolean },
): Follow {
  if (!isWanted) return { kind: 'close' };
  const who = `the ${run.role}${run.task === null ? '' : ` of task ${run.task}`}`;
  if (row === null) return { kind: 'give_up', reason: `${who} is gone, with its journal` };
  const why = row.reason ?? row.errorMessage ?? 'no reason was told';
  switch (row.status) {
    case 'canceled':
      return { kind: 'give_up', reason: `${who} was cancelled: ${why}` };
    case 'succeeded': {
      if (run.state === 'asked')
        return { kind: 'give_up', reason: `${who} ended twice without saying that it is done` };
      if (canGoOn) return { kind: 'ask' };
      return {
        kind: 'give_up',
        reason: `${who} ended without saying that it is done, and cannot be asked: ${row.runtime} has no conversation to go on with`,
      };
    }
    default: {
      const reason = `${who} ${row.status === 'interrupted' ? 'was interrupted' : 'failed'}: ${why}`;
      return run.attempt < maxStageAttempts && run.state === 'open'
        ? { kind: 'again', reason }
        : { kind: 'give_up', reason };
    }
  }
}
