import type { PruneResult, Worktree } from '../../contract/index.ts';
import { escapeLine } from './escape.ts';
import { count } from './span.ts';
import type { Style } from './style.ts';
import { formatTable } from './table.ts';

const orDash = (value: string | number | null) => (value === null ? '-' : escapeLine(String(value)));

/** Worktrees as a table, in the order given, with what is wrong below it. */
export function formatWorktrees(worktrees: readonly Worktree[], style: Style): string {
  if (worktrees.length === 0) return 'no worktrees\n';
  const table = formatTable(
    [
      { heading: 'RUN' },
      { heading: 'STATE' },
      { heading: 'REPO', maxWidth: 20 },
      { heading: 'BRANCH', maxWidth: 44 },
      { heading: 'UNCOMMITTED', alignRight: true },
      { heading: 'MERGED' },
      { heading: 'PATH' },
    ],
    worktrees.map((one) => [
      one.run_id,
      one.state,
      orDash(one.repo?.project ?? null),
      orDash(one.branch),
      orDash(one.uncommitted_files),
      one.merged === null ? '-' : one.merged ? 'yes' : 'no',
      orDash(one.state === 'saved' ? (one.saved?.ref ?? null) : one.path),
    ]),
  );
  const problems = worktrees.filter(({ problem }) => problem !== null);
  return table + problems.map((one) => style.yellow(`${one.run_id}: ${orDash(one.problem)}\n`)).join('');
}

/** What was removed, or would be, and what stays, each with its reason. */
export function formatPruned({ dry_run: isDry, items }: PruneResult, style: Style): string {
  if (items.length === 0) return 'no worktrees\n';
  const [goes, stays] = isDry ? ['would go', 'would stay'] : ['removed', 'kept'];
  const table = formatTable(
    [{ heading: 'RUN' }, { heading: 'RESULT' }, { heading: 'REPO', maxWidth: 20 }, { heading: 'WHY' }],
    items.map((item) => [
      item.run_id,
      item.removed ? goes : stays,
      orDash(item.repo?.project ?? null),
      escapeLine(item.reason) + (item.saved === null ? '' : `; saved as ${escapeLine(item.saved.ref)}`),
    ]),
    (text, row, column) => (column === 1 && items[row]?.removed ? style.yellow(text) : text),
  );
  const gone = items.filter(({ removed }) => removed).length;
  return `${table}${count(gone, 'worktree')} ${goes}, ${items.length - gone} ${stays}\n`;
}
