import { type Client, followRun } from '../client/index.ts';
import { isAppError, type Run, waitsForPerson } from '../contract/index.ts';
import type { CliContext } from './context.ts';
import { createEventPrinter, type Piece } from './print/events.ts';
import { jsonLine } from './print/json.ts';
import { styleFor } from './print/style.ts';

/** How a follower ended: with the run, at a wait for a person, or because the user let go of it. */
export type FollowEnd =
  | { readonly kind: 'ended'; readonly run: Run }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'detached' }
  | { readonly kind: 'cancelled'; readonly run: Run };

export type FollowRunOptions = {
  readonly context: CliContext;
  readonly client: Client;
  readonly runId: string;
  readonly after?: number | undefined;
  /** Come back as soon as the run waits for a person. */
  readonly leaveAtWait: boolean;
  /** A second Ctrl-C cancels the run. */
  readonly mayCancel: boolean;
  readonly format: 'human' | 'json-lines' | 'silent';
  /** What the run wrote and said goes as it is. */
  readonly isRaw?: boolean;
};

/** After a first Ctrl-C, a second one within this cancels the run. */
export const secondInterruptMs = 2000;

/** Prints a run's events as they come until it has ended, waits for a person, or the user lets go. */
export async function follow(options: FollowRunOptions): Promise<FollowEnd> {
  const { context, client, runId } = options;
  const letGo = new AbortController();
  let interrupts = 0;
  const giveBack = context.onInterrupt(() => {
    interrupts++;
    letGo.abort();
  });
  try {
    const end = await readEvents(options, letGo.signal);
    if (end !== null) return end;
    context.stderr.write(`\n${detachedText(runId)}`);
    if (!options.mayCancel) return { kind: 'detached' };
    if (context.isInteractive) context.stderr.write('Ctrl-C again cancels it\n');
    const deadline = context.clock.monotonic() + secondInterruptMs;
    while (interrupts < 2 && context.clock.monotonic() < deadline) await context.clock.sleep(20);
    if (interrupts < 2) return { kind: 'detached' };
    await cancel(client, runId);
    return { kind: 'cancelled', run: await client.call('runsShow', { params: { run: runId } }) };
  } finally {
    giveBack();
  }
}

/** What is said to who lets go of a run. */
export function detachedText(runId: string): string {
  return `detached from ${runId}, which goes on\n  follow it again: drover attach ${runId}\n  stop it:         drover runs cancel ${runId}\n`;
}

async function cancel(client: Client, runId: string): Promise<void> {
  try {
    await client.call('runsCancel', { params: { run: runId } });
  } catch (error) {
    if (!isAppError(error, 'run_ended')) throw error;
  }
}

/** Null when the user let go. */
async function readEvents(options: FollowRunOptions, signal: AbortSignal): Promise<FollowEnd | null> {
  const { context, client, runId, after } = options;
  const style = styleFor(context.isErrTerminal && context.isOutTerminal, context.env);
  const printer = createEventPrinter(style, { isRaw: options.isRaw === true });
  const write = (pieces: readonly Piece[]) => {
    for (const piece of pieces) (piece.to === 'out' ? context.stdout : context.stderr).write(piece.text);
  };
  const events = followRun(client, runId, { after, signal, clock: context.clock });
  try {
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value === null ? null : { kind: 'ended', run: next.value };
      if (options.format === 'json-lines') context.stdout.write(jsonLine(next.value));
      if (options.format === 'human') write(printer.print(next.value));
      const isWait = options.leaveAtWait && next.value.type === 'run.waiting';
      // A replayed wait may be over long since, and one for a provider's limit ends by itself.
      if (isWait && waitsForPerson(await client.call('runsShow', { params: { run: runId } })))
        return { kind: 'waiting' };
    }
  } finally {
    write(printer.end());
    await events.return(null);
  }
}
