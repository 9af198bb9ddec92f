import type { RunRow, StopKind } from '../../../foundation/store/index.ts';
import type { EngineDeps } from '../ports.ts';

/** From TERM to KILL. */
export const stopGraceMs = 5000;
/** How long an agent may take to leave after its turn is over. */
export const leaveGraceMs = 5000;

type GuardOptions = {
  readonly deps: EngineDeps;
  readonly run: RunRow;
  readonly stop: (kind: StopKind, reason: string) => Promise<void>;
  readonly endTree: (graceMs: number) => Promise<void>;
  /** Closes our end of the agent's stdin, then the launcher's, so that the agent reads end of file. */
  readonly endInput: () => Promise<void>;
  readonly lastOutputAt: () => number;
};

/** Looks after the limits of a run: time, silence, output, and an agent that does not leave when its turn is over. */
export function createGuard({
  deps,
  run,
  stop,
  endTree,
  endInput,
  lastOutputAt,
}: GuardOptions): (now: RunRow, outputBytes: number) => Promise<void> {
  const { clock } = deps;
  const elapsedMs = Math.max(0, clock.now() - (run.startedAt ?? clock.now()));
  const deadline = run.timeoutMs > 0 ? clock.monotonic() + Math.max(0, run.timeoutMs - elapsedMs) : null;
  let leaveBy: number | null = null;
  return async (now, outputBytes) => {
    const limits = deps.limits();
    if (now.outcome !== null && now.stopKind === null) {
      if (leaveBy === null) {
        leaveBy = clock.monotonic() + leaveGraceMs;
        void endInput();
      } else if (clock.monotonic() > leaveBy) void endTree(stopGraceMs);
      return;
    }
    if (now.stopKind !== null) {
      void endTree(stopGraceMs);
      return;
    }
    if (deadline !== null && clock.monotonic() >= deadline)
      await stop('run_timeout', `Stopped after its time limit of ${now.timeoutMs / 1000} s`);
    else if (limits.outputBytes > 0 && outputBytes > limits.outputBytes)
      await stop(
        'output_limit',
        `Stopped: it wrote more than run_output_limit (${limits.outputBytes} bytes)`,
      );
    else if (
      limits.idleMs > 0 &&
      now.status === 'running' &&
      clock.monotonic() - lastOutputAt() > limits.idleMs
    )
      await stop('idle_timeout', `Stopped: it said nothing for ${limits.idleMs / 1000} s`);
  };
}
