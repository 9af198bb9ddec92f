import {
  type Decision,
  type Guidance,
  moveTo,
  type Owed,
  type PlanState,
  type Rule,
  refuse,
} from '../state.ts';
import { startTasks, waveStands, workerFor } from '../waves.ts';
import { retryTasks } from './implementing.ts';
import { fixer } from './judging.ts';

export const markDone: Rule = ({ plan }) => moveTo(plan, { status: 'done', phase: null, blocked: null });

/** Nothing more is done for the plan, and what is at work for it is stopped; branches and worktrees stay. */
export const cancel: Rule = ({ plan }) => {
  const tasks = plan.tasks.map((task) =>
    task.status === 'running' || task.status === 'merging'
      ? { ...task, status: 'failed' as const, reason: 'the plan was cancelled' }
      : task,
  );
  const round = plan.round + 1;
  return moveTo({ ...plan, tasks }, { status: 'cancelled', phase: null, blocked: null, round }, [
    { kind: 'stop', role: null, round },
  ]);
};

/** Somebody has to decide before anything more is started. */
export const needsDecision: Rule = ({ plan, event }) => {
  const reason = event.body.trim();
  if (reason === '') return refuse('it does not say what is to be decided: the body is empty');
  const by = event.by === 'agent' ? 'agent' : event.by === 'operator' ? 'person' : 'daemon';
  const open = plan.blocked?.reason ?? null; // another one's question is not answered by this one
  if (open !== null && `\n${open}\n`.includes(`\n${reason}\n`))
    return moveTo(plan, { blocked: { reason: open, by } });
  return moveTo(plan, { blocked: { reason: open === null ? reason : `${open}\n${reason}`, by } });
};

/** A person has decided: their words go to the agents that come, and what the plan is at begins again. */
export const decided: Rule = (input) => {
  if (input.plan.blocked === null) return refuse('nothing waits for a decision');
  return goOn(input);
};

/** What failed is tried again. */
export const retry: Rule = (input) => {
  const { plan, event } = input;
  const hasFailed = plan.tasks.some(({ status }) => status === 'failed');
  if (plan.blocked !== null || hasFailed) return goOn(input);
  return event.hasTrouble ? moveTo(plan, {}) : refuse('nothing of it has failed');
};

/** At its end a plan may still owe what failed: moving its branch, stopping its runs. */
export const retryOwed: Rule = ({ plan, event }) =>
  event.hasTrouble ? moveTo(plan, {}) : refuse('nothing of it has failed');

const goOn = (input: Parameters<Rule>[0]): Decision => {
  const { event, settings } = input;
  const plan: PlanState = {
    ...input.plan,
    blocked: null,
    progressHash: null,
    guidance: guidanceOf(input),
    // A person who lets a plan go on whose branch somebody has moved takes what is there.
    headCommit: event.facts?.head || input.plan.headCommit,
  };
  if (plan.status === 'implementing' && plan.phase === 'wave_waiting' && waveStands(plan) === 'failed') {
    const again = retryTasks({ ...input, plan });
    return moveTo(again.plan, {}, again.owes);
  }
  if (plan.phase === 'wave_running') {
    const idle = plan.tasks.filter(({ number }) => event.idleTasks.includes(number));
    const tasks = plan.tasks.map((task) => {
      if (idle.includes(task)) return { ...task, attempt: task.attempt + 1 };
      // Its attempts go on: with the round as it is, a second first one would be the first one.
      return task.status === 'failed' ? { ...task, status: 'pending' as const } : task;
    });
    const started = startTasks({ ...plan, tasks }, settings);
    const again = idle.map((task) => workerFor(plan, task, task.attempt + 1));
    return moveTo({ ...plan, tasks: started.tasks }, {}, [...again, ...started.owes]);
  }
  const restarted: PlanState = { ...plan, round: plan.round + 1 };
  const owes = stageOf(restarted);
  if (owes === null) return moveTo(plan, {});
  return moveTo(restarted, {}, [{ kind: 'stop', role: owes.role, round: plan.round }, ...owes.owes]);
};

/** A person's words, and what the plan had waited for them with. */
function guidanceOf({ plan, event }: Parameters<Rule>[0]): Guidance | null {
  const answer = event.body.trim();
  return answer === '' ? plan.guidance : { question: plan.blocked?.reason ?? null, answer };
}

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
