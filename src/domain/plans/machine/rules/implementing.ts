import { moveTo, type Owed, type PlanState, type Rule, type RuleInput, refuse } from '../state.ts';
import {
  conflictIn,
  dueJoins,
  filesInConflict,
  maxTaskAttempts,
  startTasks,
  waveCount,
  waveStands,
  withTask,
  workerFor,
} from '../waves.ts';
import { toReview } from './judging.ts';

/** Begins the first wave, or has an architect look first. */
export const implement: Rule = (input) => {
  const { plan, settings } = input;
  if (waveCount(plan.tasks) === 0) return refuse('it is a draft: a plan without waves cannot be implemented');
  if (settings.topicHeldBy !== null)
    return refuse(`the plan '${settings.topicHeldBy}' of the same topic is being implemented`);
  const next: PlanState = { ...plan, status: 'implementing', round: plan.round + 1, wave: 0 };
  if (!settings.hasArchitect) return startWave({ ...input, plan: next }, 1);
  const architect: Owed = {
    kind: 'spawn',
    role: 'architect',
    round: next.round,
    wave: null,
    task: null,
    attempt: 1,
  };
  return moveTo(next, { phase: 'architecting' }, [architect]);
};

/** Implements a finished plan again, on a branch of its own. */
export const reimplement: Rule = (input) => {
  const { plan } = input;
  const anew: PlanState = {
    ...plan,
    tasks: plan.tasks.map((task) => ({ ...task, status: 'pending', attempt: 0, reason: null })),
    reviewCycle: 0,
    verifyCycle: 0,
    feedback: null,
    progressHash: null,
    isForced: false,
    review: null,
    verification: null,
  };
  const begun = implement({ ...input, plan: anew });
  if (!begun.ok) return begun;
  return { ...begun, owes: [{ kind: 'renew_branch', round: begun.next.round }, ...begun.owes] };
};

/** An architect has looked, and perhaps written the tasks anew. */
export const architected: Rule = (input) => {
  const { plan, event } = input;
  if (plan.phase !== 'architecting') return refuse(`no architect is at work: the plan is ${words(plan)}`);
  if (event.tasks !== null && waveCount(event.tasks) === 0)
    return refuse('the plan that came with it has no waves');
  const tasks =
    event.tasks?.map(({ number, wave }) => ({
      number,
      wave,
      status: 'pending' as const,
      attempt: 0,
      reason: null,
    })) ?? plan.tasks;
  return startWave({ ...input, plan: { ...plan, tasks } }, 1);
};

/** Starts a wave whose turn it is. */
export const waveStart: Rule = (input) => {
  const { plan, event } = input;
  if (plan.phase !== 'wave_waiting') return refuse(`no wave waits to be started: the plan is ${words(plan)}`);
  if (waveStands(plan) === 'failed')
    return refuse(`wave ${plan.wave} has failed tasks: \`retry\` starts them again`);
  if (event.wave !== null && event.wave !== plan.wave + 1)
    return refuse(`wave ${event.wave} is not the next one: that is wave ${plan.wave + 1}`);
  return startWave(input, plan.wave + 1);
};

/** A coder, or who resolved its conflict, says that a task is done; a person may also say so of one that has failed. */
export const taskFinished: Rule = (input) => {
  const { plan, event, settings } = input;
  const task = taskOf(input);
  if (typeof task === 'string') return refuse(task);
  if (task.status === 'failed' && event.by === 'operator') return acceptFailed(input, task.number);
  if (task.status !== 'running') return refuse(`task ${task.number} is ${task.status}, not running`);
  const next = withTask(plan, task.number, { status: 'merging' });
  const started = startTasks(next, settings);
  return moveTo(next, { tasks: started.tasks }, [...dueJoins(next), ...started.owes]);
};

/** The work of a task is in the plan's branch. */
export const taskMerged: Rule = (input) => {
  const { plan, event, settings } = input;
  const task = taskOf(input);
  if (typeof task === 'string') return refuse(task);
  if (task.status !== 'merging') return refuse(`task ${task.number} is ${task.status}, not merging`);
  const reason = event.body === plan.headCommit ? 'it changed nothing' : null;
  const next = withTask({ ...plan, headCommit: event.body }, task.number, { status: 'merged', reason });
  return afterTask({ plan: next, event, settings });
};

/** Both sides changed the same lines: somebody has to bring them together. Once; then it is a person's. */
export const mergeConflict: Rule = (input) => {
  const { plan, event } = input;
  const task = taskOf(input);
  if (typeof task === 'string') return refuse(task);
  if (task.status !== 'merging') return refuse(`task ${task.number} is ${task.status}, not merging`);
  if (filesInConflict(task) !== null)
    return failTask(input, task.number, `its work conflicts still: ${event.body}`);
  const attempt = Math.max(task.attempt + 1, maxTaskAttempts + 1);
  const next = withTask(plan, task.number, {
    status: 'running',
    attempt,
    reason: conflictIn(event.body),
  });
  return moveTo(next, {}, [workerFor(plan, { ...task, reason: conflictIn(event.body) }, attempt)]);
};

/** A coder failed, or never said that it is done. */
export const taskFailed: Rule = (input) => {
  const { plan, event } = input;
  const task = taskOf(input);
  if (typeof task === 'string') return refuse(task);
  if (task.status !== 'running') return refuse(`task ${task.number} is ${task.status}, not running`);
  const isAnswered = event.isAnswered === true;
  const isLast = event.isFinal === true || task.attempt >= maxTaskAttempts;
  const files = filesInConflict(task);
  if (isLast && !isAnswered)
    return failTask(
      input,
      task.number,
      files === null ? event.body : `${event.body}; it conflicts in ${files}`,
    );
  const attempt = task.attempt + 1;
  const again = { ...task, attempt, reason: isAnswered ? task.reason : event.body };
  return moveTo(withTask(plan, task.number, again), {}, [workerFor(plan, again, attempt)]);
};

/** A fixer is done, or somebody says so of the last wave. */
export const implementFinished: Rule = (input) => {
  const { plan } = input;
  if (plan.phase === 'fixing') {
    return toReview(plan, [{ kind: 'join', round: plan.round, task: null, attempt: 1 }]);
  }
  const open = plan.tasks.filter(({ status }) => status !== 'merged').length;
  if (open > 0) return refuse(`${open} of its ${plan.tasks.length} tasks are not merged yet`);
  return toReview(plan, []);
};

/** Failed tasks, and where a wave waits for nothing else, all that it lacks, are begun again, each with why it failed. */
export function retryTasks({ plan, settings }: RuleInput): { plan: PlanState; owes: readonly Owed[] } {
  const pending: PlanState = {
    ...plan,
    phase: 'wave_running',
    tasks: plan.tasks.map((task) =>
      task.status === 'failed' ? { ...task, status: 'pending', attempt: 0 } : task,
    ),
    round: plan.round + 1,
  };
  const { tasks, owes } = startTasks(pending, settings);
  return { plan: { ...pending, tasks }, owes };
}

/** What the last run of a failed task has made is good enough for a person. */
function acceptFailed({ plan }: RuleInput, number: number) {
  const next = withTask({ ...plan, phase: 'wave_running', blocked: null }, number, { status: 'merging' });
  const joins = dueJoins(next).map((owed) =>
    owed.kind === 'join' && owed.task === number ? { ...owed, isAccepted: true } : owed,
  );
  return moveTo(next, {}, joins);
}

function startWave({ plan, settings }: RuleInput, wave: number) {
  const at: PlanState = { ...plan, wave, phase: 'wave_running' };
  const { tasks, owes } = startTasks(at, settings);
  return moveTo(at, { tasks }, owes);
}

function failTask(input: RuleInput, number: number, reason: string) {
  const { plan } = input;
  return afterTask({ ...input, plan: withTask(plan, number, { status: 'failed', reason }) });
}

/** After a task came to its end: the next ones, the next wave, the review, or a person. */
function afterTask(input: RuleInput) {
  const { plan, settings } = input;
  const started = startTasks(plan, settings);
  const next: PlanState = { ...plan, tasks: started.tasks };
  const owes = [...dueJoins(next), ...started.owes];
  const stands = waveStands(next);
  if (stands === 'at_work') return moveTo(next, {}, owes);
  if (stands === 'failed') {
    const failed = next.tasks.filter((task) => task.wave === next.wave && task.status === 'failed');
    const which = failed.map(({ number, reason }) => `task ${number}: ${reason}`).join('; ');
    return moveTo(next, {
      phase: 'wave_waiting',
      blocked: { reason: `wave ${next.wave} has failed (${which})`, by: 'daemon' },
    });
  }
  if (next.wave >= waveCount(next.tasks)) return toReview(next, owes);
  if (!settings.autoAdvanceWaves) return moveTo(next, { phase: 'wave_waiting' }, owes);
  const begun = startWave({ ...input, plan: next }, next.wave + 1);
  return begun.ok ? { ...begun, owes: [...owes, ...begun.owes] } : begun;
}

function taskOf({ plan, event }: RuleInput) {
  if (plan.phase !== 'wave_running' && plan.phase !== 'wave_waiting')
    return `no wave is at work: the plan is ${words(plan)}`;
  const task = plan.tasks.find(({ number }) => number === event.task);
  if (task === undefined) return `it has no task ${event.task ?? '(none was named)'}`;
  if (event.wave !== null && event.wave !== task.wave)
    return `task ${task.number} is in wave ${task.wave}, not in wave ${event.wave}`;
  if (task.wave !== plan.wave)
    return `task ${task.number} is in wave ${task.wave}, and wave ${plan.wave} is at work`;
  return task;
}

function words({ status, phase }: PlanState): string {
  return phase === null || phase === status ? status : `${status} (${phase.replaceAll('_', ' ')})`;
}
