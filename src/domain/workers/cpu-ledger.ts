import type { ProcessRow } from '../../base/index.ts';

/** What of a process counts here. */
export type CpuRow = Pick<ProcessRow, 'pid' | 'parentPid' | 'startTime' | 'cpuMs' | 'reapedCpuMs'>;

/** The CPU time that a set of processes has taken together, those that ended between two looks included. */
export type CpuLedger = {
  readonly totalMs: number;
  readonly rows: ReadonlyMap<string, CpuRow>;
  /** Time of processes that are gone and that their parent, by key, has not shown as its reaped children's yet. */
  readonly owed: ReadonlyMap<string, number>;
};

/** Nothing seen yet. */
export const emptyLedger: CpuLedger = { totalMs: 0, rows: new Map(), owed: new Map() };

/**
 * Carries the ledger on to a new look. What a process used itself is counted as it grows. What its children used that it
 * has waited for is counted too, less what was counted while they lived. The kernel's table is not read in one instant:
 * a child may be gone in one look, and its time be its parent's only in the next; so that is owed for one look more.
 */
export function carryOn(ledger: CpuLedger, now: readonly CpuRow[]): CpuLedger {
  const rows = new Map(now.map((row) => [keyOf(row), row]));
  const owed = new Map<string, number>();
  const gone = [...ledger.rows].filter(([key]) => !rows.has(key)).map(([, row]) => row);
  let totalMs = ledger.totalMs;
  for (const [key, row] of rows) {
    const before = ledger.rows.get(key);
    totalMs += Math.max(0, row.cpuMs - (before?.cpuMs ?? 0));
    const reapedMs = row.reapedCpuMs - (before?.reapedCpuMs ?? 0);
    const goneMs = timeBelow(row.pid, gone);
    const olderMs = ledger.owed.get(key) ?? 0;
    totalMs += Math.max(0, reapedMs - olderMs - goneMs);
    const leftMs = Math.min(goneMs, Math.max(0, olderMs + goneMs - reapedMs));
    if (leftMs > 0) owed.set(key, leftMs);
  }
  return { totalMs, rows, owed };
}

/** The time of all that is gone below a process: a child that is gone has waited for its own, or nobody has. */
function timeBelow(pid: number, gone: readonly CpuRow[]): number {
  return gone
    .filter((row) => row.parentPid === pid)
    .reduce((sum, row) => sum + row.cpuMs + row.reapedCpuMs + timeBelow(row.pid, gone), 0);
}

function keyOf({ pid, startTime }: CpuRow): string {
  return `${pid} ${startTime}`;
}
