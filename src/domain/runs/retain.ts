import { rm } from 'node:fs/promises';
import type { Clock, Log } from '../../base/index.ts';
import {
  deleteEventsOfRun,
  deleteRun,
  type EndedRun,
  endedRuns,
  eventRangeOfRun,
  getRun,
  outputBytesOfEnded,
  type RunRow,
  type Store,
  tenantOf,
} from '../../foundation/store/index.ts';

export type RetainLimits = { readonly days: number; readonly bytes: number };

/** What became of the place a run worked in. */
export type RemovedWork =
  | {
      readonly kind: 'removed';
      /** False: it was gone, or other runs work in it. */
      readonly wasThere: boolean;
      readonly saved: { readonly ref: string; readonly commit: string } | null;
    }
  /** It can never be saved, so its files stay where they are, and the run goes. */
  | { readonly kind: 'left'; readonly path: string; readonly reason: string }
  /** It may be saved later: the run stays. */
  | { readonly kind: 'kept'; readonly reason: string };

export type RetainDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly folder: (runId: string) => string;
  /** Saves what the run left in its worktree, then removes it. Throws, with everything as it was, when that fails. */
  readonly removeWork: (run: RunRow) => Promise<RemovedWork>;
};

const dayMs = 86_400_000;
/** Ended runs that are looked at together. */
const pageRuns = 500;
/** Events that are deleted in one transaction, so that the event loop is never held for long. */
const chunkEvents = 2000;

/** Which ended runs, oldest first, are over the limits. A pure function; 0 = no limit. */
export function overLimits(
  ended: readonly EndedRun[],
  {
    limits,
    totalBytes,
    now,
  }: { readonly limits: RetainLimits; readonly totalBytes: number; readonly now: number },
): readonly EndedRun[] {
  let bytes = totalBytes;
  const over: EndedRun[] = [];
  for (const run of ended) {
    const isOld = limits.days > 0 && run.endedAt < now - limits.days * dayMs;
    const isTooMuch = limits.bytes > 0 && bytes > limits.bytes;
    if (!isOld && !isTooMuch) break;
    over.push(run);
    bytes -= run.bytes;
  }
  return over;
}

/**
 * Removes finished runs beyond the limits: work saved and removed, folder, then events and row, with a
 * `journal.truncated` event that names what went. Each step may be repeated after a crash. A run whose work cannot be
 * saved stays, and so does one in whose place another works; neither keeps younger ones from being looked at. Returns the bytes of output that are left.
 */
export async function removeOldRuns(deps: RetainDeps, limits: RetainLimits): Promise<number> {
  const { store, clock, log } = deps;
  let totalBytes = store.read(outputBytesOfEnded);
  let last: EndedRun | null = null;
  for (;;) {
    const after: EndedRun | null = last;
    const page: readonly EndedRun[] = store.read((sql) => endedRuns(sql, { after, limit: pageRuns }));
    const over = overLimits(page, { limits, totalBytes, now: clock.now() });
    for (const { key } of over) {
      const run = store.read((sql) => getRun(sql, key));
      try {
        await removeRun(deps, run);
      } catch (error) {
        log.warn('an old run could not be removed', { run: run.id, err: error });
      }
    }
    for (const run of over) totalBytes -= run.bytes;
    last = page.at(-1) ?? null;
    if (last === null || over.length < page.length) return store.read(outputBytesOfEnded);
  }
}

async function removeRun({ store, log, folder, removeWork }: RetainDeps, run: RunRow): Promise<void> {
  const tenant = store.read((sql) => tenantOf(sql, run.id));
  const work: RemovedWork =
    tenant === null ? await removeWork(run) : { kind: 'kept', reason: `${tenant} works in its place` };
  if (work.kind === 'kept') {
    log.info('an old run is kept', { run: run.id, reason: work.reason });
    return;
  }
  if (work.kind === 'left')
    log.warn('an old run goes, its files stay', { run: run.id, path: work.path, reason: work.reason });
  await rm(folder(run.id), { recursive: true, force: true });
  await store.write((tx) => {
    const repo = run.repoId === null ? {} : { repoId: run.repoId };
    if (work.kind === 'removed' && work.saved !== null)
      tx.event({ type: 'worktree.saved', data: work.saved, source: 'daemon', ...repo });
    if (work.kind === 'removed' && work.wasThere && run.branch !== null && run.worktree !== null)
      tx.event({ type: 'worktree.removed', data: { path: run.worktree }, source: 'daemon', ...repo });
    const range = eventRangeOfRun(tx, run.key);
    if (range === null) return;
    tx.event({ type: 'journal.truncated', data: { ...range, run_id: run.id }, source: 'daemon' });
  });
  while ((await store.write((tx) => deleteEventsOfRun(tx, run.key, chunkEvents))) === chunkEvents) {
    // each chunk is a transaction, with room for others between
  }
  await store.write((tx) => deleteRun(tx, run.key));
}
