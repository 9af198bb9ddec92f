import type { QueueRow } from '../../foundation/store/index.ts';
import { takesCommand } from '../agents/index.ts';
import { placeIdOf } from './place.ts';

/** Limits of the configuration that order the queue. */
export type QueueLimits = {
  readonly maxRuns: number;
  readonly maxRunsPerRepo: number;
  /** `[agents.NAME] max_parallel`, where it is set. */
  readonly maxRunsPerAgent: ReadonlyMap<string, number>;
  /** Why no agent that uses up tokens starts today; null while there is something left. */
  readonly whyNotToday: string | null;
};

export type QueuePlan = {
  /** Runs to launch now, in order. */
  readonly launch: readonly number[];
  /** Runs that go on waiting, with the reason that a person reads. */
  readonly waiting: ReadonlyMap<number, string>;
};

/**
 * Which queued runs start now: oldest first, within the limits; a run held by its session, its repository's limit or its
 * agent's does not hold the ones behind it, and one that is parked at its provider's limit holds its session only. A run
 * that `isHeld` is left where it stands, and in its place nothing overtakes it. A pure function of the live runs, oldest first; one look at each.
 */
export function planQueue(
  live: readonly QueueRow[],
  limits: QueueLimits,
  isHeld: (key: number) => boolean = () => false,
): QueuePlan {
  const atWork = countAtWork(live);
  /** Of each place, the run that comes before whatever else wants it: no two are ever at work on one conversation. */
  const before = new Map<string, string>();
  for (const run of live) if (run.status !== 'queued') before.set(placeIdOf(run), run.id);

  const launch: number[] = [];
  const waiting = new Map<number, string>();
  for (const run of live) {
    if (run.status !== 'queued') continue;
    const first = before.get(placeIdOf(run));
    before.set(placeIdOf(run), run.id);
    if (isHeld(run.key)) continue;
    const reason =
      first === undefined
        ? whyNoRoom(run, limits, atWork)
        : `Waiting: ${first} of the same session comes first`;
    if (reason !== null) {
      waiting.set(run.key, reason);
      continue;
    }
    launch.push(run.key);
    add(atWork, run);
  }
  return { launch, waiting };
}

/** Runs that have left the queue and are not parked: all, by repository, by agent. */
type AtWork = { all: number; readonly perRepo: Map<string, number>; readonly perAgent: Map<string, number> };

function countAtWork(live: readonly QueueRow[]): AtWork {
  const atWork: AtWork = { all: 0, perRepo: new Map(), perAgent: new Map() };
  for (const run of live) if (run.status !== 'queued' && !run.isParked) add(atWork, run);
  return atWork;
}

function add(atWork: AtWork, { repoId, agent }: QueueRow): void {
  atWork.all += 1;
  if (repoId !== null) atWork.perRepo.set(repoId, (atWork.perRepo.get(repoId) ?? 0) + 1);
  atWork.perAgent.set(agent, (atWork.perAgent.get(agent) ?? 0) + 1);
}

/** The first limit that this run would go beyond, in a sentence; null when there is room. */
function whyNoRoom(run: QueueRow, limits: QueueLimits, { all, perRepo, perAgent }: AtWork): string | null {
  if (limits.whyNotToday !== null && !takesCommand(run.runtime)) return limits.whyNotToday;
  if (all >= limits.maxRuns) return `Waiting: ${count(all)} at work, as many as max_parallel_runs allows`;
  const inRepo = run.repoId === null ? 0 : (perRepo.get(run.repoId) ?? 0);
  if (run.repoId !== null && inRepo >= limits.maxRunsPerRepo)
    return `Waiting: ${count(inRepo)} at work in ${run.project}, as many as max_parallel_runs_per_repo allows`;
  const ofAgent = perAgent.get(run.agent) ?? 0;
  if (ofAgent >= (limits.maxRunsPerAgent.get(run.agent) ?? Number.POSITIVE_INFINITY))
    return `Waiting: ${count(ofAgent)} at work with ${run.agent}, as many as [agents.${run.agent}] max_parallel allows`;
  return null;
}

function count(runs: number): string {
  return runs === 1 ? '1 run is' : `${runs} runs are`;
}
