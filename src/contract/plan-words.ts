/** States of a plan (contract §7). `done` and `cancelled` are final; an operator may bring a plan back from them. */
export const planStatuses = [
  'ready',
  'planning',
  'implementing',
  'reviewing',
  'verifying',
  'done',
  'cancelled',
] as const;
export type PlanStatus = (typeof planStatuses)[number];

/** True while the text of a plan may be changed: nobody works on it, and what its planner wrote is not taken. */
export function isTextOpen(plan: { readonly status: PlanStatus; readonly phase: PlanPhase | null }): boolean {
  return plan.status === 'ready' || plan.phase === 'awaiting_advance';
}

/** What a plan does within its state; a state that has one thing to do alone has no phase. */
export const planPhases = [
  'draft',
  'planned',
  'planning',
  'awaiting_advance',
  'architecting',
  'wave_running',
  'wave_waiting',
  'fixing',
] as const;
export type PlanPhase = (typeof planPhases)[number];

/** What may be said of a plan by an agent, in a file or a call. */
export const agentPlanEvents = [
  'planner_finished',
  'elaborator_finished',
  'wave_start',
  'task_finished',
  'implement_finished',
  'review_approved',
  'review_changes_requested',
  'verify_approved',
  'verify_failed',
  'needs_decision',
] as const;

/** What only a person may say: refused from an agent, whatever the state is. */
export const operatorPlanEvents = [
  'plan_start',
  'advance',
  'implement_start',
  'mark_done',
  'request_review',
  'start_over',
  'reimplement',
  'cancel',
  'reopen',
  'decide',
  'retry',
] as const;

/** What the daemon itself says, from what it sees. */
export const daemonPlanEvents = [
  'verification_stale',
  'task_merged',
  'task_failed',
  'merge_conflict',
] as const;

export const planEvents = [...agentPlanEvents, ...operatorPlanEvents, ...daemonPlanEvents] as const;
export type PlanEventName = (typeof planEvents)[number];

/** What the names of files, the commands and other daemons call an event. */
const eventAliases: ReadonlyMap<string, PlanEventName> = new Map([
  ['review_changes', 'review_changes_requested'],
  ['implement_task_finished', 'task_finished'],
  ['implement_wave', 'wave_start'],
  ['start', 'plan_start'],
  ['implement', 'implement_start'],
  ['done', 'mark_done'],
]);

/** The event that `text` names, in any case, `-` and `_` being the same; null for anything else. */
export function planEventOf(text: string): PlanEventName | null {
  const plain = text.toLowerCase().replaceAll('-', '_');
  return eventAliases.get(plain) ?? planEvents.find((name) => name === plain) ?? null;
}

/** What lists of plans can be asked for: a state, or all at work, that wait for a decision, for a go, or are merged. */
export const planStatusFilters = [
  ...planStatuses,
  'canceled',
  'active',
  'blocked',
  'waiting',
  'merged',
] as const;

/** Who an agent is to a plan. */
export const planRoles = ['planner', 'architect', 'coder', 'reviewer', 'fixer', 'verifier'] as const;
export type PlanRole = (typeof planRoles)[number];

/** `merging`: its coder has finished, and its work is on its way into the plan's branch. */
export const taskStatuses = ['pending', 'running', 'merging', 'merged', 'failed'] as const;
export type TaskStatus = (typeof taskStatuses)[number];

/** A signal that was received is `done` or `failed`, with a reason, in the transaction that applied it. */
export const signalStatuses = ['done', 'failed'] as const;
export type SignalStatus = (typeof signalStatuses)[number];

/** `dead`: given up after its last try; a person can revive it. */
export const actionStatuses = ['pending', 'done', 'dead'] as const;
export type ActionStatus = (typeof actionStatuses)[number];

/** The longest file or body of a signal, and so the longest plan, in bytes. */
export const maxSignalBytes = 256 * 1024;

/** Names of plans: they stand in file names and in branches. */
export const planNamePattern = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;

/** Of the names that fit the pattern, those that git refuses as the last part of a branch. */
export const noBranchPattern = /\.\.|\.lock$/;
