import { type Client, followRun, type QueryOf } from '../client/index.ts';
import type { Event, EventData, logTypes, Run } from '../contract/index.ts';
import type { CliContext } from './context.ts';
import { usageError } from './errors.ts';
import { escapeControls } from './print/escape.ts';

/** A log may be long, and its reader slow. */
const readDeadlineMs = 24 * 3_600_000;
/** How often a raw file is looked at. */
const pollMs = 250;

/** What of a run's log is to be shown. */
export type ShowRunLog = {
  readonly context: CliContext;
  readonly client: Client;
  readonly run: Run;
  readonly type: (typeof logTypes)[number];
  readonly tail: number | undefined;
  /** Go on until the run has ended, or Ctrl-C. */
  readonly isFollowing: boolean;
};

/** Prints what a run wrote: on a terminal with control characters escaped, else byte for byte. */
export async function showRunLog(options: ShowRunLog): Promise<void> {
  const { context, run, type, tail, isFollowing } = options;
  if (isFollowing && type === 'debug') {
    throw usageError(
      'The daemon’s log of one run cannot be followed',
      'follow the whole one with: drover logs -f',
    );
  }
  const next = await printNow(options, { type, tail });
  if (!isFollowing || run.ended_at !== null) return;
  const letGo = new AbortController();
  const giveBack = context.onInterrupt(() => letGo.abort());
  try {
    if (type === 'process' || type === 'telemetry')
      await followEvents(options, { after: next, signal: letGo.signal });
    else await followFile(options, { offset: next, signal: letGo.signal });
  } catch (error) {
    if (!letGo.signal.aborted) throw error;
  } finally {
    giveBack();
  }
}

/** Prints the log as it stands and returns where what comes later begins. */
async function printNow({ context, client, run }: ShowRunLog, query: QueryOf<'runsLogs'>): Promise<number> {
  const params = { run: run.id };
  const answer = await client.bytes('runsLogs', { params, query, deadlineMs: readDeadlineMs });
  for await (const chunk of answer) write(context, chunk);
  return Number(answer.headers['drover-next-seq'] ?? answer.headers['drover-next-offset']);
}

async function followEvents(
  { context, client, run, type }: ShowRunLog,
  { after, signal }: { readonly after: number; readonly signal: AbortSignal },
): Promise<void> {
  for await (const event of followRun(client, run.id, { after, signal, clock: context.clock }))
    write(context, type === 'telemetry' ? `${JSON.stringify(event)}\n` : textOf(event));
}

async function followFile(
  options: ShowRunLog,
  follow: { readonly offset: number; readonly signal: AbortSignal },
): Promise<void> {
  const { context, client, run, type } = options;
  for (let { offset } = follow; ; ) {
    const { ended_at } = await client.call('runsShow', { params: { run: run.id } });
    const next = await printNow(options, { type, offset });
    if (ended_at !== null && next === offset) return;
    if (next === offset) await context.clock.sleep(pollMs, follow.signal);
    offset = next;
  }
}

function write({ stdout, isOutTerminal }: CliContext, chunk: Buffer | string): void {
  stdout.write(isOutTerminal ? escapeControls(chunk.toString()) : chunk);
}

/** What an event adds to the process's log. */
function textOf(event: Event): string {
  if (event.type !== 'output.stdout' && event.type !== 'output.stderr') return '';
  const { text, partial } = event.data as EventData<'output.stdout'>;
  return partial ? text : `${text}\n`;
}
