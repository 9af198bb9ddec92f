import { AppError, operatorPlanEvents, planEventOf } from '../../../contract/index.ts';
import type { Caller } from '../../services.ts';

const ofPersons: ReadonlySet<string | null> = new Set(operatorPlanEvents);

/** Refuses the token of a run what is a person's to say, however it is spelt. All else is the plan's to judge. */
export function assertMaySay({ runId }: Pick<Caller, 'runId'>, event: string): void {
  const name = planEventOf(event);
  if (runId === null || !ofPersons.has(name)) return;
  throw new AppError('forbidden', `The token of a run may not say ${name}: that is a person’s to decide`, {
    hint: 'ask for it with needs_decision',
  });
}
