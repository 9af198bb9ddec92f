import type { PlanEventName, PlanRole } from '../../contract/index.ts';
import type { PlanRow, PlanRunRow, PlanTaskRow } from '../../foundation/store/index.ts';

/** Which roles may say what. Nothing: any of them. */
const speakers: Partial<Readonly<Record<PlanEventName, readonly PlanRole[]>>> = {
  planner_finished: ['planner'],
  elaborator_finished: ['architect'],
  task_finished: ['coder', 'fixer'],
  implement_finished: ['fixer'],
  review_approved: ['reviewer'],
  review_changes_requested: ['reviewer'],
  verify_approved: ['verifier'],
  verify_failed: ['verifier'],
};

/** Who says something, as far as the way that it came tells. */
export type Speaker =
  | { readonly kind: 'person' }
  /** A run that presented its own token. */
  | { readonly kind: 'run'; readonly runId: string }
  /** A file in the worktree of a run. */
  | { readonly kind: 'worktree'; readonly runIds: readonly string[] }
  /** A file in the main checkout: anybody's. */
  | { readonly kind: 'checkout' };

/** Why a wave or a task that is named is none of the plan's; null when it is, or none is named. */
export function whyNoSuchPlace(
  plan: Pick<PlanRow, 'name'>,
  tasks: readonly Pick<PlanTaskRow, 'number' | 'wave'>[],
  { wave, task }: { readonly wave: number | null; readonly task: number | null },
): string | null {
  if (tasks.length === 0) return null; // its state says more: it is not planned yet
  if (task !== null && !tasks.some(({ number }) => number === task))
    return `the plan '${plan.name}' has no task ${task}: they count from 1 to ${tasks.length}`;
  if (wave !== null && !tasks.some((one) => one.wave === wave))
    return `the plan '${plan.name}' has no wave ${wave}: they count from 1 to ${tasks.at(-1)?.wave}`;
  return null;
}

/**
 * The run of the plan that says `event`, or why none may. A run counts until its stage is over, whether it is live or has
 * ended without its signal.
 */
export function attribute(
  plan: PlanRow,
  runs: readonly PlanRunRow[],
  said: { readonly event: PlanEventName; readonly task: number | null; readonly speaker: Speaker },
): { readonly ok: true; readonly run: PlanRunRow | null } | { readonly ok: false; readonly reason: string } {
  const { event, task, speaker } = said;
  if (event === 'task_finished' && task === null)
    return { ok: false, reason: 'it does not say of which task: name it with `--wave W --task T`' };
  if (speaker.kind === 'person') return { ok: true, run: null };
  const roles = speakers[event];
  const mine = runs.filter(({ runId }) =>
    speaker.kind === 'checkout'
      ? true
      : speaker.kind === 'run'
        ? runId === speaker.runId
        : speaker.runIds.includes(runId),
  );
  if (mine.length === 0)
    return {
      ok: false,
      reason:
        speaker.kind === 'checkout'
          ? 'it lies in the checkout, and no run of the plan may say it now'
          : `it comes from the worktree of a run that has nothing to do with the plan '${plan.name}'`,
    };
  const fitting = mine.filter(
    (run) =>
      run.role !== 'evidence' &&
      (roles === undefined || roles.includes(run.role)) &&
      (event !== 'task_finished' || run.task === task),
  );
  const counts = ({ state, round }: PlanRunRow) =>
    state === 'open' || state === 'asked' || (state === 'closed' && round === plan.round);
  const open = fitting.findLast(counts);
  if (open !== undefined) return { ok: true, run: open };
  if (fitting.length > 0)
    return { ok: false, reason: 'the run that may say so has said what it had to, or its stage is over' };
  const who = roles === undefined ? 'a run of the plan' : `its ${roles.join(' or ')}`;
  const which = event === 'task_finished' ? ` of task ${task}` : '';
  return { ok: false, reason: `only ${who}${which} may say \`${event}\`` };
}
