import type { UsageReport } from '../../contract/index.ts';
import { escapeLine } from './escape.ts';
import { formatTable } from './table.ts';

/** A report of what was used up, with a sum where it has more than one line. */
export function formatUsage({ by, items }: UsageReport): string {
  if (items.length === 0) return 'nothing was used up\n';
  const columns = [
    { heading: by.toUpperCase(), maxWidth: 40 },
    { heading: 'INPUT', alignRight: true },
    { heading: 'OUTPUT', alignRight: true },
    { heading: 'COST', alignRight: true },
    ...(by === 'session' ? [{ heading: 'RUNS', alignRight: true }] : []),
    ...(by === 'run' || by === 'session' ? [{ heading: 'PROMPT', maxWidth: 60 }] : []),
  ];
  const rows = items.map((item) => [
    escapeLine(by === 'repo' ? (item.label ?? (item.key === '' ? '(none)' : item.key)) : item.key),
    formatCount(item.input_tokens),
    formatCount(item.output_tokens),
    formatCost(item.cost_usd),
    ...(by === 'session' ? [String(item.runs ?? '-')] : []),
    ...(by === 'run' || by === 'session' ? [escapeLine(item.label ?? '')] : []),
  ]);
  if (items.length === 1) return formatTable(columns, rows);
  const costs = items.flatMap(({ cost_usd }) => cost_usd ?? []);
  const sum = (of: (item: UsageReport['items'][number]) => number) =>
    formatCount(items.reduce((all, item) => all + of(item), 0));
  const total = [
    'all of these',
    sum((item) => item.input_tokens),
    sum((item) => item.output_tokens),
    formatCost(costs.length === 0 ? null : costs.reduce((all, cost) => all + cost, 0)),
  ];
  return formatTable(columns, [...rows, total]);
}

/** Money; what nobody told is not nothing. */
export function formatCost(usd: number | null): string {
  if (usd === null) return '-';
  return `$${usd.toFixed(usd < 1 ? 4 : 2)}`;
}

/** `1234567` as `1,234,567`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}
