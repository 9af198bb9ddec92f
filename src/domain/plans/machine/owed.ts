import type { Owed, PlanState } from './state.ts';

type Role = Extract<Owed, { readonly kind: 'spawn' }>['role'];

/** The key of what is owed: owing it twice is owing it once. */
export function keyOf(planId: string, owed: Owed): string {
  const parts: readonly (string | number | null)[] = partsOf(owed);
  return [planId, owed.kind, ...parts.map((part) => part ?? '-')].join(':');
}

function partsOf(owed: Owed): readonly (string | number | null)[] {
  switch (owed.kind) {
    case 'spawn':
      return [owed.role, owed.round, owed.wave, owed.task, owed.attempt];
    case 'stop':
      return [owed.role, owed.round];
    case 'ask':
      return [owed.runId];
    case 'join':
      return [owed.round, owed.task, owed.attempt, ...(owed.isAccepted === true ? ['accepted'] : [])];
    case 'evidence':
      return [owed.stage, owed.round, ...(owed.attempt === undefined ? [] : [owed.attempt])];
    case 'advance_branch':
    case 'renew_branch':
      return [owed.round];
  }
}

/** True when the plan still wants what it owed once: it may have moved on since. */
export function isWanted(plan: PlanState, owed: Owed): boolean {
  switch (owed.kind) {
    case 'stop':
    case 'renew_branch':
      return true;
    case 'advance_branch':
      return plan.status !== 'cancelled';
    case 'join': {
      if (plan.status === 'cancelled') return false;
      if (owed.task === null) return true; // what a fixer made is not lost, whatever was decided since
      const task = plan.tasks.find(({ number }) => number === owed.task);
      return plan.round === owed.round && task?.status === 'merging' && task.attempt === owed.attempt;
    }
    case 'evidence':
      return (
        plan.round === owed.round && plan.status === (owed.stage === 'review' ? 'reviewing' : 'verifying')
      );
    case 'ask':
    case 'spawn': {
      if (plan.round !== owed.round) return false;
      if (owed.task === null) return roleAt(plan) === owed.role;
      const task = plan.tasks.find(({ number }) => number === owed.task);
      return plan.status === 'implementing' && task?.status === 'running' && task.attempt === owed.attempt;
    }
  }
}

/** True for what starts something: a plan that waits for a decision starts nothing. */
export function startsSomething({ kind }: Owed): boolean {
  return kind === 'spawn' || kind === 'ask' || kind === 'evidence';
}

/** Who works at the stage that a plan is at; null where nobody does, or the coders of a wave. */
export function roleAt({ status, phase }: Pick<PlanState, 'status' | 'phase'>): Role | null {
  if (phase === 'planning') return 'planner';
  if (phase === 'architecting') return 'architect';
  if (phase === 'fixing') return 'fixer';
  if (status === 'reviewing') return 'reviewer';
  return status === 'verifying' ? 'verifier' : null;
}
