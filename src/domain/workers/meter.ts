import type { Clock } from '../../base/index.ts';
import type { TreeReader, TreeUsage } from '../runs/index.ts';
import { type CpuLedger, carryOn, emptyLedger } from './cpu-ledger.ts';

/** A look is answered from the last one while that is younger: whoever asks, the machine is not read more often. */
export const freshMs = 500;
/** A rate is told against a look that is no older; else two looks are taken, this far apart. */
export const rateWindowMs = 30_000;
export const rateGapMs = 250;

/** A live run to measure. */
export type Measured = { readonly runId: string; readonly folder: string };

/** What a run's processes take of the machine. */
export type Usage = {
  readonly agentPid: number | null;
  readonly processes: number;
  /** Since the run's tree was first seen by this daemon; where its unit counts, since the run started. */
  readonly cpuMs: number;
  /** 100 is one core; null before there are two looks. */
  readonly cpuPct: number | null;
  readonly residentBytes: number;
  readonly measuredBy: 'cgroup' | 'processes';
};

/** Measures runs, all of them at one look. */
export type Meter = {
  /** By run id; one that shows no process yet is left out. With `rates`, waits a moment where none is known. */
  readonly measure: (
    runs: readonly Measured[],
    options: { readonly rates: boolean },
  ) => Promise<ReadonlyMap<string, Usage>>;
};

type Reading = { readonly at: number; readonly ledger: CpuLedger; readonly usage: Usage };

export type MeterOptions = { readonly clock: Clock; readonly reader: TreeReader };

/** Makes a meter. Nothing is read unless somebody asks. */
export function createMeter({ clock, reader }: MeterOptions): Meter {
  let readings: ReadonlyMap<string, Reading> = new Map();
  let lookedFor: ReadonlySet<string> = new Set();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | null = null;

  const look = async (runs: readonly Measured[]) => {
    const trees = await reader.read(runs.map((run) => run.folder));
    const at = clock.monotonic();
    readings = new Map(
      runs.flatMap(({ runId, folder }) => {
        const tree = trees.get(folder);
        return tree === undefined ? [] : [[runId, readingOf(tree, at, readings.get(runId))] as const];
      }),
    );
    lookedFor = new Set(runs.map(({ runId }) => runId));
    lookedAt = at;
  };
  /** Whoever asks while a look is taken gets that one. */
  const lookAfter = (time: number, runs: readonly Measured[]) => {
    if (looking === null && lookedAt > time) return;
    looking ??= look(runs).finally(() => {
      looking = null;
    });
    return looking;
  };
  const lacksRate = ({ runId }: Measured) =>
    !lookedFor.has(runId) || readings.get(runId)?.usage.cpuPct === null;

  return {
    measure: async (runs, { rates }) => {
      if (runs.length === 0) return new Map();
      await lookAfter(clock.monotonic() - freshMs, runs);
      if (rates && runs.some(lacksRate)) {
        const first = clock.monotonic();
        await clock.sleep(rateGapMs);
        await lookAfter(first, runs);
      }
      return new Map([...readings].map(([runId, { usage }]) => [runId, usage]));
    },
  };
}

function readingOf(
  { agentPid, inside, outside, unit }: TreeUsage,
  at: number,
  before: Reading | undefined,
): Reading {
  const ledger = carryOn(
    before?.ledger ?? emptyLedger,
    unit.cpuMs === null ? [...inside, ...outside] : outside,
  );
  const cpuMs = (unit.cpuMs ?? 0) + ledger.totalMs;
  const spanMs = before === undefined ? Number.POSITIVE_INFINITY : at - before.at;
  const isRecent = spanMs > 0 && spanMs <= rateWindowMs;
  const usage: Usage = {
    agentPid,
    processes: [...inside, ...outside].filter((row) => !row.isZombie).length,
    cpuMs,
    cpuPct:
      before !== undefined && isRecent ? Math.max(0, (cpuMs - before.usage.cpuMs) / spanMs) * 100 : null,
    residentBytes: (unit.residentBytes ?? residentOf(inside)) + residentOf(outside),
    measuredBy: unit.cpuMs === null ? 'processes' : 'cgroup',
  };
  return { at, ledger, usage };
}

function residentOf(rows: TreeUsage['inside']): number {
  return rows.reduce((sum, row) => sum + row.residentBytes, 0);
}
