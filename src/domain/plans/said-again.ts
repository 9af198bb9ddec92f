import { AppError } from '../../contract/index.ts';
import type { SignalRow } from '../../foundation/store/index.ts';
import type { Speaker } from './attribute.ts';
import { isCut } from './kept-body.ts';

/** Who says it when a receipt is said again: whoever said it then. Throws `plan_refused` where that cannot be. */
export function speakerAgain({ id, source, runId, event, planName, wave, task, body }: SignalRow): Speaker {
  const numbers = `${wave === null ? '' : ` --wave ${wave}`}${task === null ? '' : ` --task ${task}`}`;
  const refuse = (why: string, whose: string) =>
    new AppError('plan_refused', `The signal ${id} ${why}`, {
      hint: `say it yourself${whose}: drover signal ${event.replaceAll('_', '-')} ${planName}${numbers}`,
    });
  if (isCut(body)) throw refuse('was longer than what is kept of a refused one', ', with all that it said');
  if (source === 'person') return { kind: 'person' };
  if (runId !== null) return { kind: 'run', runId };
  throw refuse('came in a file, and is the word of no run of the plan', ', if it is your word too');
}
