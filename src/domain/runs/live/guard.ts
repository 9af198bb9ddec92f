import type { RunPulse, RunRow, StopKind } from '../../../foundation/store/index.ts';
import type { EngineDeps } from '../ports.ts';

/** From TERM to KILL. */
export const stopGraceMs = 5000;
/** The same for a run that floods: it goes on writing until it is gone. */
export const floodGraceMs = 300;
/** How long an agent may take to leave after its turn is over. */
export const leaveGraceMs = 5000;

/** What is to be done about a run. */
export type Wish =
  | { readonly kind: 'stop'; readonly because: StopKind; readonly reason: string }
  /** Its turn is over: let it read the end of its input. */
  | { readonly kind: 'end_input' }
  /** It was told to stop, or did not leave by itself. */
  | { readonly kind: 'end_tree'; readonly graceMs: number };

export type GuardOptions = {
  readonly clock: EngineDeps['clock'];
  readonly limits: EngineDeps['limits'];
  readonly run: Pick<RunRow, 'startedAt' | 'timeoutMs'>;
  readonly lastOutputAt: () => number;
};

/** Looks after the limits of a run: time, silence, output, and an agent that does not leave when its turn is over. */
export type Guard = (now: RunPulse, outputBytes: number) => Wish | null;

/** Makes the guard of a run that has started, maybe under an earlier daemon: its time went on meanwhile. */
export function createGuard({ clock, limits, run, lastOutputAt }: GuardOptions): Guard {
  const elapsedMs = Math.max(0, clock.now() - (run.startedAt ?? clock.now()));
  const deadline = run.timeoutMs > 0 ? clock.monotonic() + Math.max(0, run.timeoutMs - elapsedMs) : null;
  let leaveBy: number | null = null;
  let lastWaitedAt = 0;

  const overLimit = (now: RunPulse, outputBytes: number): Wish | null => {
    const { idleMs, outputBytes: maxBytes } = limits();
    if (now.status !== 'running') lastWaitedAt = clock.monotonic(); // who waits for a person is not idle
    if (deadline !== null && clock.monotonic() >= deadline)
      return stop('run_timeout', `Stopped after its time limit of ${run.timeoutMs / 1000} s`);
    if (maxBytes > 0 && outputBytes > maxBytes)
      return stop('output_limit', `Stopped: it wrote more than run_output_limit (${maxBytes} bytes)`);
    const silentMs = clock.monotonic() - Math.max(lastOutputAt(), lastWaitedAt);
    return idleMs > 0 && silentMs > idleMs
      ? stop('idle_timeout', `Stopped: it said nothing for ${idleMs / 1000} s`)
      : null;
  };

  return (now, outputBytes) => {
    if (now.stopKind !== null) return { kind: 'end_tree', graceMs: graceFor(now.stopKind) };
    if (!now.hasOutcome) return overLimit(now, outputBytes);
    if (leaveBy === null) {
      leaveBy = clock.monotonic() + leaveGraceMs;
      return { kind: 'end_input' };
    }
    return clock.monotonic() > leaveBy ? { kind: 'end_tree', graceMs: stopGraceMs } : null;
  };
}

/** How long a run that is stopped for this may take to leave after TERM. */
export function graceFor(kind: StopKind): number {
  return kind === 'output_limit' ? floodGraceMs : stopGraceMs;
}

function stop(because: StopKind, reason: string): Wish {
  return { kind: 'stop', because, reason };
}
