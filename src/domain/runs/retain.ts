import { rm } from 'node:fs/promises';
import type { Clock, Log } from '../../base/index.ts';
import {
  deleteRun,
  endedRuns,
  outputBytesOfEnded,
  type RunRow,
  type Store,
} from '../../foundation/store/index.ts';

export type RetainLimits = { readonly days: number; readonly bytes: number };

export type RetainDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly folder: (runId: string) => string;
  /** Saves what the run left in its worktree, then removes it. Throws where something could be lost. */
  readonly removeWork: (run: RunRow) => Promise<void>;
};

const dayMs = 86_400_000;
const batchRuns = 100;

/** Which ended runs, oldest first, are over the limits. A pure function; 0 = no limit. */
export function overLimits(
  ended: readonly Pick<RunRow, 'key' | 'endedAt' | 'stdoutOffset' | 'stderrOffset'>[],
  {
    limits,
    totalBytes,
    now,
  }: { readonly limits: RetainLimits; readonly totalBytes: number; readonly now: number },
): readonly number[] {
  let bytes = totalBytes;
  const keys: number[] = [];
  for (const run of ended) {
    const isOld = limits.days > 0 && (run.endedAt ?? now) < now - limits.days * dayMs;
    const isTooMuch = limits.bytes > 0 && bytes > limits.bytes;
    if (!isOld && !isTooMuch) break;
    keys.push(run.key);
    bytes -= run.stdoutOffset + run.stderrOffset;
  }
  return keys;
}

/**
 * Removes finished runs beyond the limits: work saved and removed, folder, then rows, with a `journal.truncated` event
 * that names what went. Each step may be repeated after a crash. A run whose work cannot be saved stays.
 */
export async function removeOldRuns(deps: RetainDeps, limits: RetainLimits): Promise<void> {
  const { store, clock, log } = deps;
  const ended = store.read((sql) => endedRuns(sql, batchRuns));
  const totalBytes = store.read(outputBytesOfEnded);
  const keys = new Set(overLimits(ended, { limits, totalBytes, now: clock.now() }));
  for (const run of ended.filter((one) => keys.has(one.key))) {
    try {
      await deps.removeWork(run);
      await rm(deps.folder(run.id), { recursive: true, force: true });
      await store.write((tx) => {
        const range = deleteRun(tx, run.key);
        if (range !== null)
          tx.event({ type: 'journal.truncated', data: { ...range, run_id: run.id }, source: 'daemon' });
      });
    } catch (error) {
      log.warn('an old run could not be removed', { run: run.id, err: error });
    }
  }
}
