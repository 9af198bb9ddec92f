import type { Plan, PlanSummary } from '../../contract/index.ts';
import { escapeControls, escapeLine } from './escape.ts';
import { waitsFor } from './plan-live.ts';
import { waitsNow } from './plan-waits.ts';
import { callsOf, type PageOptions, placeOf, type Waiting } from './plan-words.ts';
import { formatAge, uncommittedText } from './span.ts';
import type { Style } from './style.ts';
import { cutTo, formatTable } from './table.ts';

const [statusColumn, waitsColumn] = [1, 4];

/** Plans as a table, in the order given; below it what each of the blocked ones waits for. */
export function formatPlans(plans: readonly PlanSummary[], { now, style, repo }: PageOptions): string {
  if (plans.length === 0) return 'no plans\n';
  const waits = plans.map((plan) => waitsFor(plan, callsOf(plan, repo)));
  const table = formatTable(
    [
      { heading: 'NAME' },
      { heading: 'STATUS' },
      { heading: 'WAVE', alignRight: true },
      { heading: 'TASKS', alignRight: true },
      { heading: 'WAITS FOR' },
      { heading: 'UPDATED' },
    ],
    plans.map((plan, index) => [
      escapeLine(plan.name),
      escapeLine(placeOf(plan)),
      plan.wave_count === 0 ? '-' : `${plan.wave}/${plan.wave_count}`,
      plan.task_count === 0 ? '-' : `${plan.tasks_merged}/${plan.task_count}`,
      waits[index]?.short ?? '-',
      formatAge(plan.updated_at, now),
    ]),
    (text, row, column) => {
      if (column === statusColumn) return paintPlan(plans[row], text, style);
      return column === waitsColumn && waits[row]?.isForPerson ? style.yellow(text) : text;
    },
  );
  const blocked = plans.flatMap(({ name, blocked: block }) =>
    block === null ? [] : [`${escapeLine(name)} is blocked: ${cutTo(escapeLine(block.reason), 200)}\n`],
  );
  return table + blocked.map((line) => style.yellow(line)).join('');
}

/** What became of a plan by what was said, and what comes next. */
export function formatMoved(plan: Plan, { style, repo }: PageOptions): string {
  const waiting = waitsNow(plan, callsOf(plan, repo));
  const reason = plan.blocked === null ? [] : [`${style.red('blocked:')} ${linesOf(plan.blocked.reason)}\n`];
  const line = `${escapeLine(plan.name)}: ${paintPlan(plan, escapeLine(placeOf(plan)), style)}\n`;
  const { uncommitted } = plan.checkout;
  const left =
    uncommitted === null || uncommitted === 0 ? [] : [`${style.yellow(uncommittedText(uncommitted))}\n`];
  return [
    line,
    ...left,
    ...keptLines(plan),
    ...reason,
    waitingLine(waiting, style),
    ...answerLines(waiting),
  ].join('');
}

/** Where the work is of a plan that has just been begun anew. */
function keptLines({ id, kept, owed, base_commit: base, head_commit: head }: Plan): string[] {
  const coming = owed.find(({ kind }) => kind === 'renew_branch');
  const round = coming?.key.split(':').at(-1);
  const now = base === null ? kept.at(-1) : undefined;
  const ref = round !== undefined && head !== null ? `refs/drover/plans/${id}/${round}` : now;
  return ref === undefined ? [] : [`what its branch held is kept: ${escapeLine(ref)}\n`];
}

/** A text of several lines, those behind the first one set off. */
export function linesOf(text: string): string {
  return escapeControls(text.trimEnd().replaceAll('\r\n', '\n')).replaceAll('\n', '\n  | ');
}

/** What a plan waits for. */
export function waitingLine({ text, isForPerson }: Waiting, style: Style): string {
  return `waits for: ${isForPerson ? style.yellow(text) : text}\n`;
}

/** The commands that a person may answer with. */
export function answerLines({ answers }: Waiting): string[] {
  const width = Math.max(0, ...answers.map(([what]) => what.length)) + 1;
  return answers.map(([what, command]) => `  ${`${what}:`.padEnd(width)} ${command}\n`);
}

/** The state of a plan in its colour. */
export function paintPlan(plan: PlanSummary | undefined, text: string, style: Style): string {
  if (plan === undefined) return text;
  if (plan.blocked !== null) return style.red(text);
  if (plan.status === 'cancelled' || plan.forced) return style.yellow(text);
  if (plan.status === 'done') return style.green(text);
  return plan.status === 'ready' ? text : style.cyan(text);
}
