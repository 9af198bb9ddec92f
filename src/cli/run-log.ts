import { type Client, followRun, type QueryOf } from '../client/index.ts';
import type { Event, EventData, logTypes, Run } from '../contract/index.ts';
import type { CliContext } from './context.ts';
import { usageError } from './errors.ts';
import { createOutputText } from './print/output.ts';

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
  /** A terminal gets the bytes as they are. */
  readonly isRaw: boolean;
};

/** Gives a piece of the log to stdout. */
type Write = (chunk: Buffer | string) => void;

/** Prints what a run wrote: on a terminal with control characters escaped, unless it is to be raw; else byte for byte. */
export async function showRunLog(options: ShowRunLog): Promise<void> {
  const { context, type, isFollowing } = options;
  if (isFollowing && type === 'debug') {
    throw usageError(
      'The daemon’s log of one run cannot be followed',
      'follow the whole one with: drover logs -f',
    );
  }
  const { stdout } = context;
  if (!context.isOutTerminal || options.isRaw) return print(options, (chunk) => void stdout.write(chunk));
  const text = createOutputText();
  await print(options, (chunk) => void stdout.write(text.write(Buffer.from(chunk))));
  stdout.write(text.end());
}

async function print(options: ShowRunLog, write: Write): Promise<void> {
  const { context, run, type, tail, isFollowing } = options;
  const next = await printNow(options, { type, tail }, write);
  if (!isFollowing || run.ended_at !== null) return;
  const letGo = new AbortController();
  const giveBack = context.onInterrupt(() => letGo.abort());
  try {
    if (type === 'process' || type === 'telemetry')
      await followEvents(options, { after: next, signal: letGo.signal, write });
    else await followFile(options, { offset: next, signal: letGo.signal, write });
  } catch (error) {
    if (!letGo.signal.aborted) throw error;
  } finally {
    giveBack();
  }
}

/** Prints the log as it stands and returns where what comes later begins. */
async function printNow(
  { client, run }: ShowRunLog,
  query: QueryOf<'runsLogs'>,
  write: Write,
): Promise<number> {
  const params = { run: run.id };
  const answer = await client.bytes('runsLogs', { params, query, deadlineMs: readDeadlineMs });
  for await (const chunk of answer) write(chunk);
  return Number(answer.headers['drover-next-seq'] ?? answer.headers['drover-next-offset']);
}

async function followEvents(
  { context, client, run, type }: ShowRunLog,
  { after, signal, write }: { readonly after: number; readonly signal: AbortSignal; readonly write: Write },
): Promise<void> {
  for await (const event of followRun(client, run.id, { after, signal, clock: context.clock }))
    write(type === 'telemetry' ? `${JSON.stringify(event)}\n` : textOf(event));
}

async function followFile(
  options: ShowRunLog,
  follow: { readonly offset: number; readonly signal: AbortSignal; readonly write: Write },
): Promise<void> {
  const { context, client, run, type } = options;
  for (let { offset } = follow; ; ) {
    const { ended_at } = await client.call('runsShow', { params: { run: run.id } });
    const next = await printNow(options, { type, offset }, follow.write);
    if (ended_at !== null && next === offset) return;
    if (next === offset) await context.clock.sleep(pollMs, follow.signal);
    offset = next;
  }
}

/** What an event adds to the process's log. */
function textOf(event: Event): string {
  if (event.type !== 'output.stdout' && event.type !== 'output.stderr') return '';
  const { text, partial } = event.data as EventData<'output.stdout'>;
  return partial ? text : `${text}\n`;
}
