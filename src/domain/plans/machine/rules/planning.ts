import { moveTo, type Owed, type PlanState, type Rule, refuse } from '../state.ts';
import { waveCount } from '../waves.ts';
import { implement } from './implementing.ts';

const planner = (plan: PlanState): Owed => ({
  kind: 'spawn',
  role: 'planner',
  round: plan.round,
  wave: null,
  task: null,
  attempt: 1,
});

/** Begins to plan, or begins anew: an earlier planner is stopped. */
export const startPlanning: Rule = ({ plan }) => {
  const next: PlanState = {
    ...plan,
    status: 'planning',
    phase: 'planning',
    round: plan.round + 1,
    blocked: null,
  };
  const stop: readonly Owed[] =
    plan.status === 'planning' ? [{ kind: 'stop', role: 'planner', round: plan.round }] : [];
  return moveTo(next, {}, [...stop, planner(next)]);
};

/** Brings a plan back from its end, to be planned anew; what was implemented stays under another name. */
export const planAnew: Rule = ({ plan }) => {
  const next: PlanState = { ...afresh(plan), status: 'planning', phase: 'planning' };
  return moveTo(next, {}, [{ kind: 'renew_branch', round: next.round }, planner(next)]);
};

/** A planner says that the plan is complete: in `body`, or stored before. */
export const planned: Rule = ({ plan, event, settings }) => {
  if (plan.phase === 'awaiting_advance')
    return refuse('the plan is complete already, and waits for `advance`');
  const tasks = event.tasks ?? plan.tasks;
  if (waveCount(tasks) === 0)
    return refuse('the plan has no waves: `## Wave 1` with its `### Task 1: …` is missing');
  const withTasks: PlanState = {
    ...plan,
    tasks: event.tasks === null ? plan.tasks : event.tasks.map(untouched),
  };
  if (!settings.autoAdvance) return moveTo(withTasks, { phase: 'awaiting_advance' });
  return toReady({ plan: withTasks, event, settings });
};

/** A person has read the plan and lets it go on. */
export const advance: Rule = (input) =>
  input.plan.phase === 'awaiting_advance' ? toReady(input) : refuse('its planner has not finished');

const toReady: Rule = (input) => {
  if (waveCount(input.plan.tasks) === 0) return refuse('the plan has no waves: give it some, then `advance`');
  const plan: PlanState = { ...input.plan, status: 'ready', phase: 'planned', guidance: null };
  if (!input.settings.autoImplement) return moveTo(plan, {});
  const begun = implement({ ...input, plan });
  return begun.ok ? begun : moveTo(plan, { blocked: { reason: begun.reason, by: 'limit' } });
};

/** Nothing is done yet: every task to do, no verdict, no cycle. */
export function afresh(plan: PlanState): PlanState {
  return {
    ...plan,
    round: plan.round + 1,
    wave: 0,
    tasks: plan.tasks.map(untouched),
    reviewCycle: 0,
    verifyCycle: 0,
    feedback: null,
    progressHash: null,
    blocked: null,
    isForced: false,
    review: null,
    verification: null,
  };
}

function untouched({ number, wave }: { readonly number: number; readonly wave: number }) {
  return { number, wave, status: 'pending' as const, attempt: 0, reason: null };
}
