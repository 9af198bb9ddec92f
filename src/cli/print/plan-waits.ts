import type { Plan } from '../../contract/index.ts';
import { escapeLine } from './escape.ts';
import { type CallOf, type Waiting, waitsFor } from './plan-words.ts';

/** What a plan waits for, where all of it is known: also the commands of [verify], and what fails and is tried again. */
export function waitsNow(plan: Plan, call: CallOf): Waiting {
  const waiting = waitsFor(plan, call);
  if (waiting.isForPerson || plan.status === 'done' || plan.status === 'cancelled') return waiting;
  const who = atWork(plan, waiting);
  const failing = plan.owed.find(({ status, error }) => status === 'pending' && error !== null);
  if (failing === undefined) return { ...waiting, text: who ?? waiting.text };
  const again = `trying again: ${escapeLine(failing.error ?? '')}`;
  return { ...waiting, text: who === null ? again : `${who}; ${again}` };
}

/** Who has something to do and does it; null where nobody was started yet. */
function atWork({ runs }: Plan, { text }: Waiting): string | null {
  const open = runs.filter(({ state }) => state === 'open' || state === 'asked');
  const commands = open.findLast(({ role }) => role === 'evidence');
  if (commands !== undefined) return `the [verify] commands (${escapeLine(commands.run_id)})`;
  return open.length === 0 ? null : text;
}
