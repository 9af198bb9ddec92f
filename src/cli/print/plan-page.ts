import type { Plan } from '../../contract/index.ts';
import { escapeLine } from './escape.ts';
import { answerLines, linesOf, paintPlan, waitingLine } from './plan.ts';
import { evidenceSection, owedSections, refusedSection, runsSection, waveSections } from './plan-sections.ts';
import { quoteSection, rowIndent, verdictRows, verdictSections } from './plan-verdicts.ts';
import { waitsNow } from './plan-waits.ts';
import { callsOf, type PageOptions, placeOf } from './plan-words.ts';
import { count, formatAge, uncommittedText } from './span.ts';
import type { Style } from './style.ts';

const blockers: Readonly<Record<string, string>> = {
  agent: 'an agent',
  person: 'a person',
  daemon: 'drover',
  limit: 'a limit',
};

/** Everything about one plan that a person asks for: what it waits for first. */
export function formatPlan(plan: Plan, options: PageOptions): string {
  const { style, repo } = options;
  const waiting = waitsNow(plan, callsOf(plan, repo));
  const title = plan.title === plan.name ? '' : `  ${escapeLine(plan.title)}`;
  const parts = [
    [`${style.bold(escapeLine(plan.name))}${title}\n`],
    blockLines(plan, answerLines(waiting), options),
    [
      ...rowLines(plan, options),
      ...(plan.blocked === null ? [waitingLine(waiting, style), ...answerLines(waiting)] : []),
    ],
    plan.problems.length === 0
      ? []
      : [
          `${style.red('wrong in its markdown')}\n`,
          ...plan.problems.map((text) => `  ${escapeLine(text)}\n`),
        ],
    ...waveSections(plan, options),
    quoteSection('what was asked for', plan.feedback, style),
    ...verdictSections(plan, style),
    evidenceSection(plan, style),
    runsSection(plan),
    ...owedSections(plan, options),
    refusedSection(plan, options),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join(''))
    .join('\n');
}

function blockLines({ blocked }: Plan, answers: readonly string[], { now, style }: PageOptions): string[] {
  if (blocked === null) return [];
  return [
    `${style.red(`BLOCKED: ${linesOf(blocked.reason)}`)}\n`,
    `  by ${blockers[blocked.by] ?? escapeLine(blocked.by)}, ${formatAge(blocked.at, now)}; nothing is started before you decide\n`,
    ...answers,
  ];
}

function rowLines(plan: Plan, { now, style }: PageOptions): string[] {
  const rows: readonly (readonly [string, string | null])[] = [
    ['status', paintPlan(plan, statusText(plan), style)],
    ['forced', forcedText(plan, style)],
    ['goal', lineOf(plan.goal)],
    ['topic', lineOf(plan.topic)],
    ['repo', lineOf(plan.repo.project)],
    ['branch', lineOf(plan.branch) + at(plan.head_commit)],
    ['base', baseText(plan, style)],
    ['checkout', uncommittedRow(plan, style)],
    ...verdictRows(plan, { now, style }),
    ['rounds', roundsText(plan)],
    ['earlier', plan.kept.length === 0 ? null : plan.kept.map(escapeLine).join(', ')],
    ['updated', formatAge(plan.updated_at, now)],
  ];
  return rows.flatMap(([name, value]) =>
    value === null ? [] : [`${`${name}:`.padEnd(rowIndent)}${value}\n`],
  );
}

function statusText(plan: Plan): string {
  const wave = plan.wave === 0 || plan.wave_count === 0 ? [] : [`wave ${plan.wave} of ${plan.wave_count}`];
  const tasks =
    plan.task_count === 0 ? [] : [`${plan.tasks_merged} of ${count(plan.task_count, 'task')} merged`];
  return [escapeLine(placeOf(plan)), ...wave, ...tasks].join(', ');
}

function forcedText({ forced, verify_cycle }: Plan, style: Style): string | null {
  if (!forced) return null;
  return style.yellow(
    `promoted after ${count(verify_cycle, 'failed verification')}: no verifier has approved it`,
  );
}

function baseText({ base, base_commit: commit, checkout }: Plan, style: Style): string {
  const gone = checkout.base_gone ? style.yellow(', which is not there any more') : '';
  return lineOf(base) + at(commit) + gone;
}

function uncommittedRow({ checkout: { uncommitted } }: Plan, style: Style): string | null {
  return uncommitted === null || uncommitted === 0 ? null : style.yellow(uncommittedText(uncommitted));
}

function roundsText({ review_cycle: reviews, verify_cycle: verifications }: Plan): string | null {
  const rounds = [
    ...(reviews > 0 ? [`${count(reviews, 'review')} asked for changes`] : []),
    ...(verifications > 0 ? [`${count(verifications, 'verification')} failed`] : []),
  ];
  return rounds.length === 0 ? null : rounds.join(', ');
}

function lineOf<T extends string | null>(text: T): T | string {
  return text === null ? text : escapeLine(text);
}

function at(commit: string | null): string {
  return commit === null ? '' : `, at ${short(commit)}`;
}

function short(commit: string): string {
  return escapeLine(commit.slice(0, 12));
}
