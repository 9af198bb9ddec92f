import type { PlanEventName } from '../../src/contract/index.ts';
import type { PlanEvent, PlanSettings, PlanState } from '../../src/domain/plans/machine/state.ts';
import { planSettings } from '../../src/domain/plans/settings.ts';
import { defaultConfig } from '../../src/foundation/config/index.ts';

/** As installed. */
export const settings: PlanSettings = { ...planSettings(defaultConfig()), topicHeldBy: null };

/** A plan of three waves: two tasks, one, two; `change` says where it is. */
export function planState(change: Partial<PlanState> = {}): PlanState {
  return {
    id: 'plan_01JD0000000000000000000001',
    status: 'ready',
    phase: 'planned',
    round: 1,
    wave: 0,
    tasks: [1, 1, 2, 3, 3].map((wave, index) => ({
      number: index + 1,
      wave,
      status: 'pending',
      attempt: 0,
      reason: null,
    })),
    reviewCycle: 0,
    verifyCycle: 0,
    feedback: null,
    progressHash: null,
    guidance: null,
    blocked: null,
    isForced: false,
    headCommit: 'a'.repeat(40),
    review: null,
    verification: null,
    ...change,
  };
}

export const facts = {
  head: 'a'.repeat(40),
  base: 'b'.repeat(40),
  shown: 'a'.repeat(40),
  selfFix: null,
  diffHash: 'one',
} as const;

export function planEvent(name: PlanEventName, change: Partial<PlanEvent> = {}): PlanEvent {
  return {
    name,
    by: 'operator',
    who: 'person',
    wave: null,
    task: null,
    body: 'the reason',
    tasks: null,
    facts,
    idleTasks: [],
    hasTrouble: false,
    now: 1000,
    ...change,
  };
}
