import type { PlanEventName } from '../../contract/index.ts';
import { formatSignalName } from '../signals/index.ts';
import type { Owed } from './machine/state.ts';

type Spawn = Extract<Owed, { readonly kind: 'spawn' }>;

/** What who is started may say, and how the file is called that says it. */
export function signalsOf(
  { role, wave, task }: Pick<Spawn, 'role' | 'wave' | 'task'>,
  plan: string,
): readonly { readonly event: PlanEventName; readonly file: string }[] {
  const named = (event: PlanEventName, of: { wave?: number | null; task?: number | null } = {}) => ({
    event,
    file: formatSignalName({ event, plan, wave: of.wave ?? null, task: of.task ?? null }),
  });
  const asking = named('needs_decision');
  switch (role) {
    case 'planner':
      return [named('planner_finished'), asking];
    case 'architect':
      return [named('elaborator_finished'), asking];
    case 'coder':
      return [named('task_finished', { wave, task }), asking];
    case 'fixer':
      return [task === null ? named('implement_finished') : named('task_finished', { wave, task }), asking];
    case 'reviewer':
      return [named('review_approved'), named('review_changes_requested'), asking];
    case 'verifier':
      return [named('verify_approved'), named('verify_failed'), asking];
  }
}
