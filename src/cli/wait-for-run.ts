import type { Clock } from '../base/index.ts';
import { type Client, followRun } from '../client/index.ts';
import { type Run, waitsForPerson } from '../contract/index.ts';

export type WaitForRun = {
  readonly client: Client;
  readonly clock: Clock;
  /** Id, prefix or name. */
  readonly run: string;
  /** 0 = no limit. */
  readonly timeoutMs: number;
  readonly leaveAtWait: boolean;
};

export type WaitEnd = { readonly run: Run; readonly isWaiting: boolean; readonly hasTimedOut: boolean };

/**
 * Waits for the end of a run without reading what it said before: the journal's position is taken first and the run's
 * state second, so that no change falls between them.
 */
export async function waitForRun(options: WaitForRun): Promise<WaitEnd> {
  const { client, clock } = options;
  const { last_seq: after } = await client.call('status');
  const run = await client.call('runsShow', { params: { run: options.run } });
  if (run.ended_at !== null) return { run, isWaiting: false, hasTimedOut: false };
  if (options.leaveAtWait && waitsForPerson(run)) return { run, isWaiting: true, hasTimedOut: false };
  const limit = options.timeoutMs === 0 ? undefined : AbortSignal.timeout(options.timeoutMs);
  const events = followRun(client, run.id, { after, clock, signal: limit });
  try {
    for (;;) {
      const next = await events.next();
      if (next.done && next.value !== null) return { run: next.value, isWaiting: false, hasTimedOut: false };
      if (!next.done && (!options.leaveAtWait || next.value.type !== 'run.waiting')) continue;
      const now = await client.call('runsShow', { params: { run: run.id } });
      if (next.done) return { run: now, isWaiting: false, hasTimedOut: now.ended_at === null };
      if (waitsForPerson(now)) return { run: now, isWaiting: true, hasTimedOut: false };
    }
  } finally {
    await events.return(null);
  }
}
