import { inBackground } from '../../base/index.ts';
import { AppError } from '../../contract/index.ts';
import { type LiveRun, type LiveRunEvents, superviseRun } from './live/live-run.ts';
import type { EngineDeps } from './ports.ts';

/** After a launch that the machine had no room for. */
export const retryLaunchMs = 1000;

/** Who looks after the runs that have left the queue: one supervisor each. */
export type Supervisors = {
  /** The supervisor of a run that has left the queue, made when there is none. Throws `draining` after `detach`. */
  readonly of: (key: number) => LiveRun;
  /** True for a run that the queue must leave alone: it is looked after, or rests after a launch that had no room. */
  readonly isHeld: (key: number) => boolean;
  /** Stops following all; the runs themselves go on. */
  readonly detach: () => Promise<void>;
};

/** Makes them. */
export function createSupervisors(deps: EngineDeps, events: LiveRunEvents): Supervisors {
  const { clock, log } = deps;
  const { onFree } = events;
  const live = new Map<number, LiveRun>();
  const resting = new Set<number>();
  const detached = new AbortController();

  const rest = async (key: number) => {
    resting.add(key);
    try {
      await clock.sleep(retryLaunchMs, detached.signal);
    } catch {
      // detached: the next daemon finds it queued
    } finally {
      resting.delete(key);
      onFree();
    }
  };

  const watch = async (run: LiveRun) => {
    try {
      if ((await run.done) === 'requeued') inBackground(log, 'rest of a run', rest(run.key));
    } finally {
      live.delete(run.key);
      onFree();
    }
  };

  return {
    of: (key) => {
      const known = live.get(key);
      if (known !== undefined) return known;
      if (detached.signal.aborted) {
        throw new AppError('draining', 'The daemon is stopping', { hint: 'try again when it is back' });
      }
      const run = superviseRun(deps, key, events);
      live.set(key, run);
      inBackground(log, 'supervision of a run', watch(run));
      return run;
    },
    isHeld: (key) => live.has(key) || resting.has(key),
    detach: async () => {
      detached.abort(new Error('the daemon stops'));
      await Promise.all([...live.values()].map((run) => run.detach()));
    },
  };
}
