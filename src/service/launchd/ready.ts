import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readLastWords } from '../../base/index.ts';
import { createClient } from '../../client/index.ts';
import { AppError, parseEndpoint, type Status } from '../../contract/index.ts';
import { describeEnd, type Job, spawnFailedCode } from './answers.ts';
import { type Domain, readJob } from './domains.ts';
import { type Label, load, unload } from './job.ts';
import { hasEnded, mustBeLoadedAnew } from './steps.ts';

/** How long a daemon may take until it is ready, counted from when launchd was told to start it. */
export const readyMs = 30_000;
const pollMs = 200;
const statusMs = 2000;
/** So many looks in a row have to show that it has ended: the first may come before launchd has started it. */
const looksAtEnd = 3;

/** How a start went. */
export type Outcome =
  | { readonly kind: 'ready'; readonly status: Status }
  /** The process has ended, or was ended, and `reason` says how. */
  | { readonly kind: 'failed'; readonly reason: string; readonly mustBeLoadedAnew: boolean };

/**
 * Waits until the daemon that launchd started answers on its own socket: the endpoint file names the socket and a pid, and
 * launchd, the file and the daemon have to agree about that pid. Another daemon's answer does not count.
 */
export async function awaitReady(label: Label, domain: Domain, errors: string): Promise<Outcome> {
  const { launchctl, clock } = label;
  const endpointFile = join(dirname(dirname(errors)), 'daemon.json');
  const deadline = clock.monotonic() + readyMs;
  let endLooks = 0;
  let other: Status | null = null;
  for (;;) {
    const job = await readJob(launchctl, domain, label.name);
    if (job === null) return failed('launchd no longer knows it', job);
    const status = await statusOf(endpointFile);
    if (status?.ready === true && (job.pid === status.pid || job.state === null)) {
      return { kind: 'ready', status };
    }
    if (status !== null && job.pid !== status.pid) other = status;
    endLooks = hasEnded(job) ? endLooks + 1 : 0;
    if (endLooks >= looksAtEnd || mustBeLoadedAnew(job)) return failed(reasonOf(job, errors), job);
    if (clock.monotonic() > deadline) {
      const why = job.pid === null ? reasonOf(job, errors) : `it is not ready after ${readyMs / 1000} s`;
      return failed(other === null ? why : `${why}; another daemon answers, pid ${other.pid}`, job);
    }
    await clock.sleep(pollMs);
  }
}

/** Why a job that ought to run does not: what it said last, else how it ended. */
export function reasonOf(job: Job, errors: string): string {
  const { ended } = job;
  if (ended === null) return 'launchd has not started it';
  if (ended.kind !== 'exit' || ended.code === spawnFailedCode) return describeEnd(ended); // it could say nothing
  const words = readLastWords(errors);
  if (words?.isError === true) return words.text;
  const said = words === null ? '' : `; it said: ${words.text}`;
  return `${describeEnd(ended)}${said}`;
}

/**
 * Waits for the daemon, and gives what it says of itself. A label that the system only takes from a fresh load, or that somebody has taken
 * out meanwhile, is loaded anew once. Throws `service_failed` with the reason.
 */
export async function ensureReady(label: Label, domain: Domain, errors: string): Promise<Status> {
  let outcome = await awaitReady(label, domain, errors);
  if (outcome.kind === 'failed' && outcome.mustBeLoadedAnew) {
    await unload(label, domain);
    await load(label, domain);
    outcome = await awaitReady(label, domain, errors);
  }
  if (outcome.kind === 'ready') return outcome.status;
  throw new AppError('service_failed', `The service did not start: ${outcome.reason}`, {
    hint: 'look at its log (drover logs), or run it in this terminal: drover daemon start --foreground',
  });
}

function failed(reason: string, job: Job | null): Outcome {
  return { kind: 'failed', reason, mustBeLoadedAnew: job === null || mustBeLoadedAnew(job) };
}

/** What the daemon of the endpoint file says; null when none answers. */
async function statusOf(endpointFile: string): Promise<Status | null> {
  try {
    const endpoint = parseEndpoint(readFileSync(endpointFile, 'utf8'));
    if (endpoint === null) return null;
    const client = createClient({ kind: 'socket', path: endpoint.socket, token: undefined });
    return await client.call('status', { deadlineMs: statusMs });
  } catch {
    return null; // no file yet, a socket of a daemon that is gone, one that is starting or stopping
  }
}
