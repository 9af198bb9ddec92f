import type { QueueRow } from '../../foundation/store/index.ts';

/** Limits of the configuration that order the queue. */
export type QueueLimits = { readonly maxRuns: number; readonly maxRunsPerRepo: number };

export type QueuePlan = {
  /** Runs to launch now, in order. */
  readonly launch: readonly number[];
  /** Runs that go on waiting, with the reason that a person reads. */
  readonly waiting: ReadonlyMap<number, string>;
};

/**
 * Which queued runs start now: oldest first, within the limits; a run held by its repository's limit does not hold the
 * ones behind it. A pure function of the live runs, oldest first.
 */
export function planQueue(live: readonly QueueRow[], limits: QueueLimits): QueuePlan {
  const active = live.filter((run) => run.status !== 'queued');
  let running = active.length;
  const perRepo = new Map<string, number>();
  for (const run of active)
    if (run.repoId !== null) perRepo.set(run.repoId, (perRepo.get(run.repoId) ?? 0) + 1);

  const launch: number[] = [];
  const waiting = new Map<number, string>();
  for (const run of live) {
    if (run.status !== 'queued') continue;
    const inRepo = run.repoId === null ? 0 : (perRepo.get(run.repoId) ?? 0);
    if (running >= limits.maxRuns) {
      waiting.set(run.key, `Waiting: ${atWork(running)}, as many as max_parallel_runs allows`);
    } else if (run.repoId !== null && inRepo >= limits.maxRunsPerRepo) {
      waiting.set(
        run.key,
        `Waiting: ${atWork(inRepo)} in ${run.project}, as many as max_parallel_runs_per_repo allows`,
      );
    } else {
      launch.push(run.key);
      running += 1;
      if (run.repoId !== null) perRepo.set(run.repoId, inRepo + 1);
    }
  }
  return { launch, waiting };
}

function atWork(runs: number): string {
  return runs === 1 ? '1 run is at work' : `${runs} runs are at work`;
}
