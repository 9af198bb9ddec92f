/** Long enough for a machine that is busy with other things: who waits this long waits for something that never comes. */
export const patienceMs = 30_000;

/**
 * Waits until `condition` gives something truthy, and returns it; throws with `what` at the deadline. What costs more than
 * a look at a variable or a file is looked at after longer pauses.
 */
export async function until<T>(
  what: string,
  condition: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  deadlineMs = patienceMs,
  pauseMs = 5,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`Waited ${deadlineMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
