import type { Approval } from '../../contract/index.ts';
import { escapeControls, escapeLine } from './escape.ts';
import { formatAge, formatSpan } from './span.ts';
import type { Style } from './style.ts';
import { cutTo } from './table.ts';

/** Approvals one below the other, each with what it asks and how to answer. */
export function formatApprovals(approvals: readonly Approval[], now: number, style: Style): string {
  return approvals.map((approval) => formatApproval(approval, now, style)).join('\n');
}

/** One approval, its input cut to what a list can bear. */
export function formatApproval(approval: Approval, now: number, style: Style): string {
  const input = hasInput(approval)
    ? [`  input: ${cutTo(escapeLine(JSON.stringify(approval.input)), 200)}`]
    : [];
  return `${[...head(approval, now, style), ...input, ...tail(approval, now, style)].join('\n')}\n`;
}

/** One approval with the whole of its input: what a person reads before they answer. */
export function formatWholeApproval(approval: Approval, now: number, style: Style): string {
  const input = hasInput(approval) ? inputLines(approval.input).map((line) => `    ${line}`) : [];
  const heading = input.length === 0 ? [] : ['  input:'];
  return `${[...head(approval, now, style), ...heading, ...input, ...tail(approval, now, style)].join('\n')}\n`;
}

/** A text of several lines, such as a new file, is shown in lines; the bar keeps it apart from what is not in it. */
function inputLines(input: unknown): string[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return JSON.stringify(input, null, 2).split('\n').map(escapeLine);
  return Object.entries(input).flatMap(([name, value]) => {
    const key = escapeLine(name);
    if (typeof value === 'string' && value.includes('\n'))
      return [
        `${key}:`,
        ...escapeControls(value)
          .split('\n')
          .map((line) => `  | ${line}`),
      ];
    const [first = '', ...more] = JSON.stringify(value, null, 2).split('\n').map(escapeLine);
    return [`${key}: ${first}`, ...more];
  });
}

function hasInput({ input }: Approval): boolean {
  return input !== null && input !== undefined;
}

function head(approval: Approval, now: number, style: Style): string[] {
  const where =
    approval.repo === null ? approval.run_id : `${approval.run_id} in ${escapeLine(approval.repo.project)}`;
  const tool = approval.tool === null ? '' : ` [${escapeLine(approval.tool)}]`;
  return [
    `${style.bold(approval.id)}  ${approval.kind}, ${stateOf(approval, now)}`,
    `  ${escapeLine(approval.title)}${tool}`,
    `  of ${where}`,
  ];
}

function stateOf({ status, requested_at, resolved_at, resolved_by }: Approval, now: number): string {
  if (status === 'pending') return `asked ${formatAge(requested_at, now)}`;
  const when = resolved_at === null ? '' : ` ${formatAge(resolved_at, now)}`;
  return `${status} by ${escapeLine(resolved_by ?? 'nobody')}${when}`;
}

function tail(approval: Approval, now: number, style: Style): string[] {
  const isPending = approval.status === 'pending';
  return [
    ...(approval.options.length === 0 ? [] : [`  options: ${formatOptions(approval.options)}`]),
    ...(isPending && approval.expires_at !== null
      ? [`  ${style.yellow(expiryText(approval, approval.expires_at, now))}`]
      : []),
    ...(isPending ? [`  ${style.dim(answerHint(approval.id, approval.kind))}`] : []),
    ...(approval.reason === null ? [] : [`  reason: ${escapeLine(approval.reason)}`]),
  ];
}

function expiryText(approval: Approval, expiresAt: string, now: number): string {
  return `expires in ${formatSpan(Date.parse(expiresAt) - now)}: ${fallbackWord(approval)} then`;
}

/** What becomes of an approval that nobody answers. */
export function fallbackWord(asked: {
  readonly kind: string;
  readonly default?: string | null | undefined;
}): string {
  if (asked.default === 'allow') return 'allowed';
  return asked.kind === 'question' ? 'declined' : 'denied';
}

/** The choices of an approval on one line. */
export function formatOptions(options: Approval['options']): string {
  return options.map((option) => `${escapeLine(option.id)} (${escapeLine(option.label)})`).join(', ');
}

/** What to type to answer. */
export function answerHint(id: string, kind: string): string {
  return kind === 'question'
    ? `answer with: drover approvals answer ${id} TEXT`
    : `answer with: drover approvals allow ${id}, or deny ${id}`;
}
