import { type Decision, moveTo, type Owed, type PlanState, type Rule, refuse } from '../state.ts';
import { coderFor, waveStands } from '../waves.ts';
import { retryTasks } from './implementing.ts';
import { fixer } from './judging.ts';

export const markDone: Rule = ({ plan }) => moveTo(plan, { status: 'done', phase: null, blocked: null });

/** Nothing more is done for the plan, and what is at work for it is stopped; branches and worktrees stay. */
export const cancel: Rule = ({ plan }) =>
  moveTo(plan, { status: 'cancelled', phase: null, blocked: null, round: plan.round + 1 }, [
    { kind: 'stop', role: null, round: plan.round + 1 },
  ]);

/** Somebody has to decide before anything more is started. */
export const needsDecision: Rule = ({ plan, event }) => {
  const reason = event.body.trim();
  if (reason === '') return refuse('it does not say what is to be decided: the body is empty');
  const by = event.by === 'agent' ? 'agent' : event.by === 'operator' ? 'person' : 'daemon';
  return moveTo(plan, { blocked: { reason: reason.slice(0, 2000), by } });
};

/** A person has decided: their words go to the agents that come, and what the plan is at begins again. */
export const decided: Rule = (input) => {
  if (input.plan.blocked === null) return refuse('nothing waits for a decision');
  return goOn(input);
};

/** What failed is tried again. */
export const retry: Rule = (input) => {
  const { plan } = input;
  if (plan.blocked === null && !plan.tasks.some(({ status }) => status === 'failed'))
    return refuse('nothing of it has failed');
  return goOn(input);
};

const goOn = (input: Parameters<Rule>[0]): Decision => {
  const { event } = input;
  const said = event.body.trim();
  const plan: PlanState = {
    ...input.plan,
    blocked: null,
    progressHash: null,
    guidance: said === '' ? input.plan.guidance : said,
  };
  if (plan.status === 'implementing' && plan.phase === 'wave_waiting' && waveStands(plan) === 'failed') {
    const again = retryTasks({ ...input, plan });
    return moveTo(again.plan, {}, again.owes);
  }
  if (plan.phase === 'wave_running') {
    const idle = plan.tasks.filter(({ number }) => event.idleTasks.includes(number));
    const tasks = plan.tasks.map((task) =>
      idle.includes(task) ? { ...task, attempt: task.attempt + 1 } : task,
    );
    return moveTo(
      { ...plan, tasks },
      {},
      idle.map((task) => coderFor(plan, task, task.attempt + 1)),
    );
  }
  const restarted: PlanState = { ...plan, round: plan.round + 1 };
  const owes = stageOf(restarted);
  if (owes === null) return moveTo(plan, {});
  return moveTo(restarted, {}, [{ kind: 'stop', role: owes.role, round: plan.round }, ...owes.owes]);
};

/** Who works on the plan at the stage that it is at: begun again after a decision. Null where it goes on as it is. */
function stageOf(plan: PlanState): {
  readonly role: 'planner' | 'architect' | 'reviewer' | 'verifier' | 'fixer';
  readonly owes: readonly Owed[];
} | null {
  const spawn = (role: 'planner' | 'architect') => ({
    role,
    owes: [{ kind: 'spawn', role, round: plan.round, wave: null, task: null, attempt: 1 }] as const,
  });
  if (plan.phase === 'planning') return spawn('planner');
  if (plan.phase === 'architecting') return spawn('architect');
  if (plan.phase === 'fixing') return { role: 'fixer', owes: [fixer(plan)] };
  if (plan.status === 'reviewing')
    return { role: 'reviewer', owes: [{ kind: 'evidence', stage: 'review', round: plan.round }] };
  if (plan.status === 'verifying')
    return { role: 'verifier', owes: [{ kind: 'evidence', stage: 'verify', round: plan.round }] };
  return null;
}
