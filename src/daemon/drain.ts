import type { Clock, Log } from '../base/index.ts';

/** All steps together. The unit's TimeoutStopSec is 20 s: what is not done by then would be killed. */
export const drainDeadlineMs = 15_000;

/** One thing to do before the end. Steps run in order: say that we stop, end the streams, let writes finish, close. */
export type DrainStep = {
  readonly name: string;
  /** This long at most; the next step begins then, and `signal` tells this one. */
  readonly timeoutMs: number;
  readonly run: (signal: AbortSignal) => Promise<void> | void;
};

export type DrainOptions = {
  readonly steps: readonly DrainStep[];
  readonly clock: Clock;
  readonly log: Log;
  readonly deadlineMs?: number;
};

/** How a drain went: the steps that failed or ran out of time. */
export type Drained = { readonly unfinished: readonly string[] };

/** Stops the daemon once, whoever asks and however often; every caller gets the same promise. Never rejects. */
export type Drain = (reason: string) => Promise<Drained>;

/** Makes the drain of these steps. A step that fails or hangs never keeps the later ones from running. */
export function createDrain(options: DrainOptions): Drain {
  let draining: Promise<Drained> | undefined;
  return (reason) => {
    draining ??= runSteps(options, reason);
    return draining;
  };
}

async function runSteps({ steps, clock, log, deadlineMs }: DrainOptions, reason: string): Promise<Drained> {
  const startedAt = clock.monotonic();
  const unfinished: string[] = [];
  log.info('draining', { reason });
  for (const step of steps) {
    const leftMs = (deadlineMs ?? drainDeadlineMs) - (clock.monotonic() - startedAt);
    // A step whose turn comes too late still gets its synchronous part: closing and freeing is what it mostly is.
    const problem = await runStep(step, clock, Math.max(0, Math.min(step.timeoutMs, leftMs)));
    if (problem === null) continue;
    unfinished.push(step.name);
    log.warn('a step of the drain did not finish', { step: step.name, err: problem });
  }
  log.info('drained', { ms: Math.round(clock.monotonic() - startedAt), unfinished });
  return { unfinished };
}

async function runStep(step: DrainStep, clock: Clock, timeoutMs: number): Promise<unknown> {
  const abandon = new AbortController();
  const done = new AbortController();
  const late = clock.sleep(timeoutMs, done.signal).then(
    () => new Error(`not done after ${timeoutMs} ms`),
    () => null, // the step was done first
  );
  try {
    const work = Promise.resolve(step.run(abandon.signal)).then(
      () => null,
      (error: unknown) => error ?? new Error('rejected without a reason'),
    );
    return await Promise.race([work, late]);
  } catch (error) {
    return error;
  } finally {
    done.abort();
    abandon.abort();
  }
}
