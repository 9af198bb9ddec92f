import type { Plan } from '../../contract/index.ts';
import { escapeLine } from './escape.ts';
import { waitsFor } from './plan-live.ts';
import { type Answer, type CallOf, quoted, type Waiting } from './plan-words.ts';

/** What a plan waits for, where all of it is known: also the commands of [verify], and what fails and is tried again. */
export function waitsNow(plan: Plan, call: CallOf): Waiting {
  const waiting = waitsFor(plan, call);
  if (plan.status === 'done') return onceDone(plan, waiting);
  if (waiting.isForPerson || plan.status === 'cancelled') return waiting;
  const who = atWork(plan, waiting);
  const failing = plan.owed.find(({ status, error }) => status === 'pending' && error !== null);
  if (failing === undefined) return { ...waiting, text: who ?? waiting.text };
  const again = `trying again: ${escapeLine(failing.error ?? '')}`;
  return { ...waiting, text: who === null ? again : `${who}; ${again}` };
}

/** Its work is taken once its branch has all of it, and only once. */
function onceDone(plan: Plan, waiting: Waiting): Waiting {
  const owed = plan.owed.find(({ kind }) => kind === 'advance_branch');
  if (owed === undefined) return { ...waiting, answers: [...takeAnswers(plan), ...waiting.answers] };
  if (plan.blocked !== null) return waiting;
  const why = owed.error === null ? '' : `; trying again: ${escapeLine(owed.error)}`;
  return { ...waiting, text: `its branch, which does not have yet what its verifier mended${why}` };
}

/** True for a plan that was implemented, and whose branch is where it began all the same. */
export function hasNoChange({ base_commit: base, head_commit: head }: Plan): boolean {
  return head !== null && head === base;
}

/** How to look at what a plan has made, and to take it; nothing where there is none, or its base has it. */
function takeAnswers(plan: Plan): readonly Answer[] {
  if (plan.tasks_merged === 0 || hasNoChange(plan) || plan.merged_at !== null) return [];
  const git = `git -C ${quoted(plan.checkout.path)}`;
  const branch = quoted(plan.branch);
  const from = plan.checkout.base_gone ? (plan.base_commit ?? plan.base) : plan.base;
  return [
    ['see all of it', `${git} diff ${quoted(from)}...${branch}`],
    ['take its work', `${git} merge ${branch}`],
  ];
}

/** Who has something to do and does it; null where nobody was started yet. */
function atWork({ runs }: Plan, { text }: Waiting): string | null {
  return runs.some(({ state }) => state === 'open' || state === 'asked') ? text : null;
}
