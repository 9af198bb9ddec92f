/** Long enough for a machine that is busy with other things: who waits this long waits for something that never comes. */
export const patienceMs = 30_000;

/** Waits until `condition` gives something truthy, and returns it; throws with `what` at the deadline. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  deadlineMs = patienceMs,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`Waited ${deadlineMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
