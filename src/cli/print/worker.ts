import { formatBytes, type Worker } from '../../contract/index.ts';
import { escapeLine } from './escape.ts';
import { paintStatus } from './run.ts';
import { formatSpan } from './span.ts';
import type { Style } from './style.ts';
import { formatTable } from './table.ts';

const statusColumn = 3;

/** Workers as a table, in the order given. */
export function formatWorkers(workers: readonly Worker[], style: Style): string {
  if (workers.length === 0) return 'no workers: nothing is at work\n';
  return formatTable(
    [
      { heading: 'NAME', maxWidth: 20 },
      { heading: 'RUN' },
      { heading: 'AGENT', maxWidth: 16 },
      { heading: 'STATUS', maxWidth: 10 },
      { heading: 'PID', alignRight: true },
      { heading: 'CPU', alignRight: true },
      { heading: 'MEM', alignRight: true },
      { heading: 'PROCS', alignRight: true },
      { heading: 'AGE' },
      { heading: 'REPO', maxWidth: 40 },
    ],
    workers.map((worker) => [
      escapeLine(worker.name ?? '-'),
      worker.run_id ?? '-',
      escapeLine(worker.agent ?? '-'),
      escapeLine(worker.status),
      String(worker.pid ?? '-'),
      formatCpu(worker.cpu_pct),
      worker.memory_bytes === null ? '-' : formatBytes(worker.memory_bytes),
      String(worker.processes ?? '-'),
      worker.age_sec === null ? '-' : formatSpan(worker.age_sec * 1000),
      escapeLine(placeOf(worker)),
    ]),
    (text, _row, column) => (column === statusColumn ? paintStatus(text, style) : text),
  );
}

/** The line over a live table: what all of them take together. */
export function formatTotals(workers: readonly Worker[]): string {
  const sum = (of: (worker: Worker) => number | null) =>
    workers.reduce((total, worker) => total + (of(worker) ?? 0), 0);
  const remote = workers.filter(({ kind }) => kind === 'remote').length;
  const runs = workers.length - remote;
  const waiting = workers.filter(({ status }) => status === 'waiting').length;
  return [
    `${runs} at work${waiting === 0 ? '' : `, ${waiting} of them waiting`}`,
    ...(remote === 0 ? [] : [`${remote} elsewhere`]),
    `CPU ${formatCpu(sum((worker) => worker.cpu_pct))}`,
    `memory ${formatBytes(sum((worker) => worker.memory_bytes))}`,
    `${sum((worker) => worker.processes)} processes`,
  ].join(' · ');
}

/** Who takes most first; those that take the same keep their order. */
export function byCpu(workers: readonly Worker[]): readonly Worker[] {
  return workers.toSorted(
    (a, b) => (b.cpu_pct ?? -1) - (a.cpu_pct ?? -1) || (b.memory_bytes ?? -1) - (a.memory_bytes ?? -1),
  );
}

function formatCpu(percent: number | null): string {
  return percent === null ? '-' : `${percent.toFixed(1)}%`;
}

function placeOf({ kind, repo, url }: Worker): string {
  if (kind === 'remote') return url ?? '-';
  return repo?.project ?? '-';
}
