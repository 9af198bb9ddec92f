import type { Plan } from '../../contract/index.ts';
import { escapeControls, escapeLine } from './escape.ts';
import { hasNoChange } from './plan-waits.ts';
import { quoted } from './plan-words.ts';
import { count, formatAge } from './span.ts';
import type { Style } from './style.ts';

/** So many lines of what somebody said are shown. */
const maxQuotedLines = 40;
/** Where the values of the rows of a page begin. */
export const rowIndent = 11;

/** What was judged of a plan, and what was not, as rows of its page. */
export function verdictRows(
  plan: Plan,
  { now, style }: { readonly now: number; readonly style: Style },
): readonly (readonly [string, string | null])[] {
  return [
    ['settings', settingsText(plan, style)],
    [
      'changes',
      plan.status === 'done' && hasNoChange(plan) ? 'none: its branch has nothing of its own' : null,
    ],
    ['evidence', evidenceText(plan, style)],
    ['review', verdictText(plan.review, now)],
    ['verified', verifiedText(plan, now)],
  ];
}

/** What was said with the verdicts that hold. */
export function verdictSections({ review, verification }: Plan, style: Style): string[][] {
  return [
    quoteSection('said with the review', review?.words, style),
    quoteSection('said with the verification', verification?.words, style),
  ];
}

/** Words of an agent or a person as a section of the page, the first lines of them. */
export function quoteSection(title: string, words: string | null | undefined, style: Style): string[] {
  if (words == null || words.trim() === '') return [];
  const lines = escapeControls(words.trimEnd()).split('\n');
  const left = lines.length - maxQuotedLines;
  return [
    `${style.bold(title)}\n`,
    ...lines.slice(0, maxQuotedLines).map((line) => `  | ${line}\n`),
    ...(left > 0 ? [`  ${count(left, 'more line')}: with --json\n`] : []),
  ];
}

/** Said where something is still to come that the settings could change. */
function settingsText(plan: Plan, style: Style): string | null {
  const isOver = plan.status === 'done' || plan.status === 'cancelled' || isJudged(plan);
  const why = isOver ? null : ownText(plan);
  return why === null ? null : style.yellow(why);
}

/** What the evidence came to; why there is none of a plan that is judged without, or was. */
function evidenceText(plan: Plan, style: Style): string | null {
  const { evidence, settings, status } = plan;
  if (evidence.length > 0) return countEvidence(plan, style);
  if (!isJudged(plan)) return null;
  if (status !== 'done' && settings.verify.length > 0) return null; // they are about to run
  const own = ownText(plan);
  const why = settings.verify.length === 0 ? 'no [verify] commands' : 'the [verify] commands were not run';
  return own === null ? `none: ${why}` : style.yellow(`none: ${own}`);
}

/** What the newest commands came to, at a glance; the section of the evidence has them. */
function countEvidence({ evidence }: Plan, style: Style): string {
  const newest = newestEvidence(evidence);
  const failed = newest.filter(({ exit_code: code }) => code !== 0).length;
  if (failed === 0) return `${count(newest.length, 'command')}, all ok`;
  return style.red(`${failed} of ${count(newest.length, 'command')} failed`);
}

/** The evidence of the last round that has any. */
export function newestEvidence(evidence: Plan['evidence']): Plan['evidence'] {
  const round = evidence.at(-1)?.round;
  return evidence.filter((one) => one.round === round);
}

/** Why the repository's own configuration is not used; null where it is, or there is none. */
function ownText({ settings, checkout }: Plan): string | null {
  if (settings.own === 'untrusted')
    return `.drover/config.toml is not trusted: drover daemon trust ${quoted(checkout.path)}`;
  if (settings.own !== 'broken') return null;
  const lines = (settings.problem ?? 'drover daemon status says why').split('\n');
  return `.drover/config.toml is not used: ${lines.map(escapeLine).join(`\n${' '.repeat(rowIndent)}`)}`;
}

function verifiedText(plan: Plan, now: number): string | null {
  if (plan.forced) return null;
  const { status, review, verification, settings } = plan;
  if (verification !== null || status !== 'done' || review === null) return verdictText(verification, now);
  return settings.auto_readiness_review ? 'no' : 'no: auto_readiness_review is off';
}

/** True for a plan that is looked at, or was at its end. One that nobody implemented is not. */
function isJudged({ status, tasks_merged: merged }: Plan): boolean {
  return status === 'reviewing' || status === 'verifying' || (status === 'done' && merged > 0);
}

function verdictText(verdict: Plan['review'], now: number): string | null {
  if (verdict === null) return null;
  const { head, base, by, at: when } = verdict;
  return `approved by ${escapeLine(by)} ${formatAge(when, now)}, of ${short(head)} on ${short(base)}`;
}

function short(commit: string): string {
  return escapeLine(commit.slice(0, 12));
}
