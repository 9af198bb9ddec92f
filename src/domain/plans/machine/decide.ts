import {
  agentPlanEvents,
  operatorPlanEvents,
  type PlanStatus,
  planStatuses,
} from '../../../contract/index.ts';
import { roleAt } from './owed.ts';
import { type Decision, type Owed, type RuleInput, refuse } from './state.ts';
import { table } from './table.ts';

const operatorOnly: ReadonlySet<string> = new Set(operatorPlanEvents);
const agents: ReadonlySet<string> = new Set(agentPlanEvents);

/**
 * What becomes of a plan by an event: the next state and what it owes, or why nothing changes. Pure. A plan that waits for
 * a decision still hears what its agents say, so that nothing of it is lost; what it owes is carried out afterwards.
 */
export function decide(input: RuleInput): Decision {
  const { plan, event } = input;
  if (event.by !== 'operator' && operatorOnly.has(event.name))
    return refuse(`\`${event.name}\` is a person's to say, not an agent's`);
  if (event.by === 'agent' && !agents.has(event.name))
    return refuse(`\`${event.name}\` is for the daemon to say, from what it sees`);
  const cells = table[event.name];
  const rule = cells[plan.status];
  if (rule === undefined)
    return refuse(`\`${event.name}\` means nothing while the plan is ${plan.status}; ${whereIt(cells)}`);
  const decision = rule(input);
  return decision.ok ? ended(unblocked(stopped(decision, input), input)) : decision;
}

/** At its end nothing of a plan is left to be decided. */
function ended(decision: Extract<Decision, { ok: true }>): Decision {
  const { next } = decision;
  if (next.status !== 'done' && next.status !== 'cancelled') return decision;
  return { ...decision, next: { ...next, blocked: null } };
}

/** A person who moves a plan has decided what it waited for. */
function unblocked(decision: Extract<Decision, { ok: true }>, { plan, event }: RuleInput) {
  const { next } = decision;
  const hasMoved = next.status !== plan.status || next.phase !== plan.phase;
  if (event.by !== 'operator' || !hasMoved || next.blocked !== plan.blocked) return decision;
  return { ...decision, next: { ...next, blocked: null } };
}

/** A person who speaks for an agent takes its work over: it is stopped. */
function stopped(decision: Extract<Decision, { ok: true }>, { plan, event }: RuleInput) {
  const role = roleAt(plan);
  if (event.by !== 'operator' || role === null || role === roleAt(decision.next)) return decision;
  const stop: Owed = { kind: 'stop', role, round: plan.round };
  return { ...decision, owes: [stop, ...decision.owes] };
}

function whereIt(cells: Partial<Record<PlanStatus, unknown>>): string {
  const states = planStatuses.filter((status) => cells[status] !== undefined);
  return states.length === 0
    ? 'it means nothing anywhere'
    : `it is for a plan that is ${states.join(', ').replace(/, (?=[a-z]+$)/, ' or ')}`;
}
