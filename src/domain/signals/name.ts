import { type PlanEventName, planNamePattern } from '../../contract/index.ts';

/** What the name of a signal file says. */
export type SignalName = {
  readonly event: PlanEventName;
  readonly plan: string;
  readonly wave: number | null;
  readonly task: number | null;
};

type Form = { readonly event: PlanEventName; readonly shape: string; readonly pattern: RegExp };

/**
 * The names of contract §7: `W` and `T` stand for numbers, and the plan is all of the rest. Before their first number or
 * their plan no two begin alike, so that a name has one reading whatever the plan is called.
 */
const forms: readonly Form[] = Object.entries({
  planner_finished: 'planner-finished-',
  elaborator_finished: 'elaborator-finished-',
  wave_start: 'implement-wave-W-',
  task_finished: 'implement-task-finished-wW-tT-',
  implement_finished: 'implement-finished-',
  review_approved: 'review-approved-',
  review_changes_requested: 'review-changes-',
  verify_approved: 'verify-approved-',
  verify_failed: 'verify-failed-',
  needs_decision: 'needs-decision-',
} satisfies Partial<Record<PlanEventName, string>>).map(([event, shape]) => ({
  event: event as PlanEventName,
  shape,
  pattern: patternOf(shape),
}));

/** What the name of a file says, or null when it is none of a signal's. */
export function parseSignalName(name: string): SignalName | null {
  for (const { event, pattern } of forms) {
    const parts = pattern.exec(name)?.groups;
    if (parts === undefined) continue;
    const { plan = '', wave, task } = parts;
    if (!planNamePattern.test(plan)) return null;
    return { event, plan, wave: numberOf(wave), task: numberOf(task) };
  }
  return null;
}

/** The name of the file that says this. Throws for what no file can say. */
export function formatSignalName({ event, plan, wave, task }: SignalName): string {
  const shape = forms.find((form) => form.event === event)?.shape;
  if (shape === undefined) throw new RangeError(`No signal file says ${event}`);
  const name = shape.replace('W', String(wave)).replace('T', String(task)) + plan;
  const read = parseSignalName(name);
  if (read?.event !== event || read.plan !== plan || read.wave !== wave || read.task !== task) {
    throw new RangeError(`No signal file says ${event} of wave ${wave}, task ${task} of plan '${plan}'`);
  }
  return name;
}

function patternOf(shape: string): RegExp {
  const number = '[1-9][0-9]{0,3}';
  const head = shape.replace('W', `(?<wave>${number})`).replace('T', `(?<task>${number})`);
  return new RegExp(`^${head}(?<plan>.+)$`);
}

function numberOf(digits: string | undefined): number | null {
  return digits === undefined ? null : Number(digits);
}
