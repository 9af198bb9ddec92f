/** The contract's table of the states and events of a plan, written down apart from the code. */
import type { PlanEventName, PlanStatus } from '../../src/contract/index.ts';
import type { PlanState } from '../../src/domain/plans/machine/state.ts';
import { planState } from './plan-state.ts';

const merged = (plan: PlanState): PlanState => ({
  ...plan,
  tasks: plan.tasks.map((task) => ({ ...task, status: 'merged' })),
});

/** One plan of each state and phase. */
export const plans: Readonly<Record<string, PlanState>> = {
  'ready draft': planState({ phase: 'draft', tasks: [] }),
  'ready planned': planState(),
  planning: planState({ status: 'planning', phase: 'planning' }),
  'planning awaiting': planState({ status: 'planning', phase: 'awaiting_advance' }),
  architecting: planState({ status: 'implementing', phase: 'architecting' }),
  'wave running': planState({
    status: 'implementing',
    phase: 'wave_running',
    wave: 1,
    tasks: planState().tasks.map((task) =>
      task.wave === 1 ? { ...task, status: 'running', attempt: 1 } : task,
    ),
  }),
  'wave waiting': planState({
    status: 'implementing',
    phase: 'wave_waiting',
    wave: 1,
    tasks: planState().tasks.map((task) =>
      task.wave === 1 ? { ...task, status: 'merged', attempt: 1 } : task,
    ),
  }),
  merging: planState({
    status: 'implementing',
    phase: 'wave_running',
    wave: 1,
    tasks: planState().tasks.map((task) =>
      task.wave === 1 ? { ...task, status: task.number === 1 ? 'merging' : 'running', attempt: 1 } : task,
    ),
  }),
  'wave failed': planState({
    status: 'implementing',
    phase: 'wave_waiting',
    wave: 1,
    tasks: planState().tasks.map((task) =>
      task.wave === 1 ? { ...task, status: task.number === 1 ? 'failed' : 'merged', attempt: 2 } : task,
    ),
    blocked: { reason: 'wave 1 has failed', by: 'daemon' },
  }),
  fixing: merged(planState({ status: 'implementing', phase: 'fixing', wave: 3 })),
  reviewing: merged(planState({ status: 'reviewing', phase: null, wave: 3 })),
  'reviewing blocked': merged(
    planState({
      status: 'reviewing',
      phase: null,
      wave: 3,
      blocked: { reason: 'which colour?', by: 'agent' },
    }),
  ),
  verifying: merged(planState({ status: 'verifying', phase: null, wave: 3 })),
  done: merged(planState({ status: 'done', phase: null, wave: 3 })),
  cancelled: merged(planState({ status: 'cancelled', phase: null, wave: 3 })),
};

/** The contract's table: where each event leads from each of these; what is not named is refused. */
export const grid: Readonly<Record<PlanEventName, Readonly<Record<string, PlanStatus>>>> = {
  plan_start: {
    'ready draft': 'planning',
    'ready planned': 'planning',
    planning: 'planning',
    'planning awaiting': 'planning',
  },
  planner_finished: { planning: 'planning' },
  advance: { 'planning awaiting': 'ready' },
  implement_start: { 'ready planned': 'implementing' },
  elaborator_finished: { architecting: 'implementing' },
  wave_start: { 'wave waiting': 'implementing' },
  task_finished: { 'wave running': 'implementing', 'wave failed': 'implementing' },
  task_merged: { merging: 'implementing' },
  task_failed: { 'wave running': 'implementing' },
  merge_conflict: { merging: 'implementing' },
  implement_finished: { fixing: 'reviewing' },
  review_approved: { reviewing: 'verifying', 'reviewing blocked': 'verifying' },
  review_changes_requested: { reviewing: 'implementing', 'reviewing blocked': 'implementing' },
  verify_approved: { verifying: 'done' },
  verify_failed: { verifying: 'implementing' },
  verification_stale: { done: 'verifying' },
  mark_done: { 'ready draft': 'done', 'ready planned': 'done' },
  request_review: { done: 'reviewing' },
  start_over: { done: 'planning' },
  reimplement: { done: 'implementing' },
  cancel: Object.fromEntries(
    Object.keys(plans)
      .filter((name) => name !== 'cancelled')
      .map((name) => [name, 'cancelled' as const]),
  ),
  reopen: { cancelled: 'planning' },
  needs_decision: Object.fromEntries(
    Object.entries(plans)
      .filter(([, { status }]) => status !== 'done' && status !== 'cancelled')
      .map(([name, { status }]) => [name, status]),
  ),
  decide: { 'wave failed': 'implementing', 'reviewing blocked': 'reviewing' },
  retry: { 'wave failed': 'implementing', 'reviewing blocked': 'reviewing' },
};

/** Where an event may lead as well, by the settings or by what is found. */
const otherwise: readonly (readonly [PlanEventName, PlanStatus, readonly PlanStatus[]])[] = [
  ['planner_finished', 'planning', ['ready', 'implementing']],
  ['advance', 'planning', ['implementing']],
  ['task_merged', 'implementing', ['reviewing']],
  ['review_approved', 'reviewing', ['done']],
  ['verify_approved', 'verifying', ['verifying', 'implementing']],
  ['verify_failed', 'verifying', ['verifying', 'done']],
  ['verification_stale', 'done', ['reviewing']],
];

/** True when the contract lets this event lead from one state to another. */
export function isLegal(event: PlanEventName, from: PlanStatus, to: PlanStatus): boolean {
  // What a plan waited for is decided where it is.
  if (event === 'decide' || event === 'retry') return to === from && from !== 'done' && from !== 'cancelled';
  const states = Object.entries(plans).filter(([, { status }]) => status === from);
  return (
    states.some(([name]) => grid[event][name] === to) ||
    otherwise.some(([name, state, others]) => name === event && state === from && others.includes(to))
  );
}
