import { AppError } from '../../contract/index.ts';
import type { SignalRow } from '../../foundation/store/index.ts';
import type { Speaker } from './attribute.ts';

/** Who says it when a receipt is said again: whoever said it then. Throws `plan_refused` where that is not known. */
export function speakerAgain({ id, source, runId, event, planName, wave, task }: SignalRow): Speaker {
  if (source === 'person') return { kind: 'person' };
  if (runId !== null) return { kind: 'run', runId };
  const numbers = `${wave === null ? '' : ` --wave ${wave}`}${task === null ? '' : ` --task ${task}`}`;
  throw new AppError(
    'plan_refused',
    `The signal ${id} came in a file, and is the word of no run of the plan`,
    {
      hint: `say it yourself, if it is your word too: drover signal ${event.replaceAll('_', '-')} ${planName}${numbers}`,
    },
  );
}
