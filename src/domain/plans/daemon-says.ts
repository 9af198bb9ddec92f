import type { PlanEventName } from '../../contract/index.ts';
import type { PlanEvent } from './machine/state.ts';

/** So many names are told; of the others how many there are. */
export const maxToldNames = 50;

/** What the daemon itself says of a plan, from what it has seen. */
export function daemonSays(
  name: PlanEventName,
  said: Pick<PlanEvent, 'wave' | 'task' | 'body' | 'now'> &
    Pick<Partial<PlanEvent>, 'facts' | 'isFinal' | 'isAnswered'>,
): PlanEvent {
  return {
    name,
    by: 'daemon',
    who: 'daemon',
    tasks: null,
    facts: null,
    idleTasks: [],
    hasTrouble: false,
    ...said,
  };
}

/** Names of files within a sentence; one that could be taken for more than one is quoted. */
export function namesInWords(names: readonly string[]): string {
  const told = names
    .slice(0, maxToldNames)
    .map((name) => (/[,"\p{C}]/u.test(name) ? JSON.stringify(name) : name))
    .join(', ');
  const left = names.length - maxToldNames;
  return left > 0 ? `${told} and ${left} more` : told;
}
