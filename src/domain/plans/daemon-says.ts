import type { PlanEventName } from '../../contract/index.ts';
import type { PlanEvent } from './machine/state.ts';

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
