import type { Owed, PlanSettings, PlanState, TaskState } from './state.ts';

/** How often a coder is started for a task before a person is asked. */
export const maxTaskAttempts = 2;

/** How many waves a plan has. */
export function waveCount(tasks: readonly Pick<TaskState, 'wave'>[]): number {
  return tasks.reduce((most, { wave }) => Math.max(most, wave), 0);
}

/** Starts tasks of the current wave while there is room; those that wait keep their turn. */
export function startTasks(
  plan: PlanState,
  { maxParallelWaveTasks }: Pick<PlanSettings, 'maxParallelWaveTasks'>,
): { readonly tasks: readonly TaskState[]; readonly owes: readonly Owed[] } {
  const owes: Owed[] = [];
  let room =
    maxParallelWaveTasks -
    plan.tasks.filter((task) => task.wave === plan.wave && task.status === 'running').length;
  const tasks = plan.tasks.map((task) => {
    if (task.wave !== plan.wave || task.status !== 'pending' || room <= 0) return task;
    room -= 1;
    const attempt = task.attempt + 1;
    const started = { ...task, status: 'running' as const, attempt };
    owes.push(workerFor(plan, started, attempt));
    return started;
  });
  return { tasks, owes };
}

const conflict = 'conflicts: ';

/** What a task waits for whose work conflicts in these files. */
export function conflictIn(files: string): string {
  return `${conflict}${files}`;
}

/** The files of a conflict that a task's fixer is at, or has been at; null where there is none. */
export function filesInConflict({ reason }: Pick<TaskState, 'reason'>): string | null {
  return reason?.startsWith(conflict) === true ? reason.slice(conflict.length) : null;
}

/** Who works on a task: its coder, or the fixer of its conflict. */
export function workerFor(
  { round }: Pick<PlanState, 'round'>,
  task: Pick<TaskState, 'number' | 'wave' | 'reason'>,
  attempt: number,
): Owed {
  const role = filesInConflict(task) === null ? 'coder' : 'fixer';
  return { kind: 'spawn', role, round, wave: task.wave, task: task.number, attempt };
}

/** Joins that are due: finished tasks go in by their number, and wait for those before them that are at work. */
export function dueJoins(plan: PlanState): readonly Owed[] {
  const ofWave = plan.tasks.filter(({ wave }) => wave === plan.wave);
  const waitsFor = ofWave.find(({ status }) => status === 'running' || status === 'pending');
  return ofWave
    .filter(
      ({ status, number }) => status === 'merging' && number < (waitsFor?.number ?? Number.POSITIVE_INFINITY),
    )
    .map(({ number, attempt }) => ({ kind: 'join', round: plan.round, task: number, attempt }));
}

/** Where the current wave stands. */
export function waveStands(plan: PlanState): 'at_work' | 'merged' | 'failed' {
  const ofWave = plan.tasks.filter(({ wave }) => wave === plan.wave);
  if (ofWave.some(({ status }) => status !== 'merged' && status !== 'failed')) return 'at_work';
  return ofWave.every(({ status }) => status === 'merged') ? 'merged' : 'failed';
}

/** Sets one task. */
export function withTask(plan: PlanState, number: number, change: Partial<TaskState>): PlanState {
  return {
    ...plan,
    tasks: plan.tasks.map((task) => (task.number === number ? { ...task, ...change } : task)),
  };
}
