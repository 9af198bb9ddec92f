import type { Approval } from '../../contract/index.ts';
import { escapeLine } from './escape.ts';
import { formatAge } from './span.ts';
import type { Style } from './style.ts';
import { cutTo } from './table.ts';

/** Approvals one below the other, each with what it asks and how to answer. */
export function formatApprovals(approvals: readonly Approval[], now: number, style: Style): string {
  if (approvals.length === 0) return 'nothing waits for you\n';
  return approvals.map((approval) => formatApproval(approval, now, style)).join('\n');
}

/** One approval. */
export function formatApproval(approval: Approval, now: number, style: Style): string {
  const where =
    approval.repo === null ? approval.run_id : `${approval.run_id} in ${escapeLine(approval.repo.project)}`;
  const tool = approval.tool === null ? '' : ` [${escapeLine(approval.tool)}]`;
  const input = approval.input === null || approval.input === undefined ? '' : JSON.stringify(approval.input);
  const state =
    approval.status === 'pending'
      ? `asked ${formatAge(approval.requested_at, now)}`
      : `${approval.status} by ${escapeLine(approval.resolved_by ?? 'nobody')}`;
  const lines = [
    `${style.bold(approval.id)}  ${approval.kind}, ${state}`,
    `  ${escapeLine(approval.title)}${tool}`,
    `  of ${where}`,
    ...(input === '' ? [] : [`  input: ${cutTo(escapeLine(input), 200)}`]),
    ...(approval.options.length === 0 ? [] : [`  options: ${formatOptions(approval.options)}`]),
    ...(approval.status === 'pending' ? [`  ${style.dim(answerHint(approval.id, approval.kind))}`] : []),
    ...(approval.reason === null ? [] : [`  reason: ${escapeLine(approval.reason)}`]),
  ];
  return `${lines.join('\n')}\n`;
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
