import { createHash } from 'node:crypto';

/** 60 bits after a leading one: no two runs share it, and every shell can hold it. */
const hexDigits = 15;

/**
 * The number that the launcher sets as the run's limit of file locks, its mark (docs/adr/0012). Linux hands that limit on
 * over fork, exec, a new session and an emptied environment, and has made no other use of it since 2.4. It can be lowered
 * and not raised: `own` is what this daemon has itself, when it is a process of a run.
 */
export function makeLimitMark(runId: string, own: bigint | null): bigint {
  const mark = BigInt(`0x1${createHash('sha256').update(runId).digest('hex').slice(0, hexDigits)}`);
  return own === null || mark < own ? mark : mark % own;
}
