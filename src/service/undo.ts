import type { Tell } from './types.ts';

/** What has to be done to take back what was done. */
export type Undo = {
  /** Remembers how to take the last step back. */
  readonly later: (step: () => Promise<unknown>) => void;
};

/**
 * Does `work`; when it throws, takes back what it did in the opposite order, each step whatever became of the one before,
 * and throws what it threw. What could not be taken back is told.
 */
export async function withUndo<T>(tell: Tell, work: (undo: Undo) => Promise<T>): Promise<T> {
  const steps: (() => Promise<unknown>)[] = [];
  try {
    return await work({ later: (step) => void steps.push(step) });
  } catch (error) {
    let failures = 0;
    for (const step of steps.reverse()) {
      try {
        await step();
      } catch (problem) {
        failures++;
        tell(
          `warning: could not undo a step: ${problem instanceof Error ? problem.message : String(problem)}`,
        );
      }
    }
    if (steps.length > 0 && failures === 0) tell('undone: the units are as they were before');
    throw error;
  }
}
