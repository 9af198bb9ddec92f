import { lstatSync } from 'node:fs';
import { runCommand, runOnTerminal } from '../base/index.ts';
import { type Client, followRun } from '../client/index.ts';
import type { Run } from '../contract/index.ts';
import type { CliContext } from './context.ts';
import { usageError } from './errors.ts';
import { detachedText, type FollowEnd } from './follow.ts';
import { waitForRun } from './wait-for-run.ts';

/** How long the terminal of a run that has started may take to be there. */
const terminalMs = 5000;
const pollMs = 20;
/** How long tmux may take to say whether a session is there. */
const askMs = 5000;

/** How a person left the terminal of a run: with the program, or before it. */
export type TerminalEnd = Extract<FollowEnd, { kind: 'ended' | 'detached' }>;

type AttachOptions = { readonly context: CliContext; readonly client: Client; readonly run: Run };

/**
 * Puts the run's own terminal on this one until the program ends or the person lets go. Null where there is none to be
 * opened, so that its events are what can be shown.
 */
export async function attachTerminal(options: AttachOptions): Promise<TerminalEnd | null> {
  if (!mayOpenTerminal(options)) return null;
  const { context, client } = options;
  const run = await untilStarted(options);
  if (run === null) {
    context.stderr.write(detachedText(options.run.id));
    return { kind: 'detached' };
  }
  const socket = run.attach_command?.[2];
  if (socket === undefined || !(await isThere(socket, context))) {
    return run.ended_at === null ? null : { kind: 'ended', run };
  }
  const code = await showTerminal(socket, context);
  if (await isAlive(socket, context)) {
    if (code !== 0)
      throw usageError(
        'tmux could not open the terminal of the run',
        'see what it said above, or look on with --raw',
      );
    context.stderr.write(detachedText(run.id));
    return { kind: 'detached' };
  }
  const end = await waitForRun({
    client,
    clock: context.clock,
    run: run.id,
    timeoutMs: 0,
    leaveAtWait: false,
  });
  return { kind: 'ended', run: end.run };
}

/**
 * True where the terminal of a run can be opened: for a person at a terminal of their own, whom the daemon's own socket
 * lets in as its user. Whoever has to present a token may look on.
 */
function mayOpenTerminal({ context, client, run }: AttachOptions): boolean {
  const { endpoint } = client;
  return (
    run.runtime === 'terminal' &&
    run.ended_at === null &&
    context.isInteractive &&
    context.isOutTerminal &&
    endpoint.kind === 'socket' &&
    endpoint.token === undefined
  );
}

/** The run once it has been started, or has ended; null when the person let go of it before. */
async function untilStarted({ context, client, run }: AttachOptions): Promise<Run | null> {
  if (run.started_at !== null) return run;
  const letGo = new AbortController();
  const giveBack = context.onInterrupt(() => letGo.abort());
  const events = followRun(client, run.id, { signal: letGo.signal, clock: context.clock });
  try {
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value;
      if (next.value.type === 'run.started')
        return await client.call('runsShow', { params: { run: run.id } });
    }
  } finally {
    giveBack();
    await events.return(null);
  }
}

/** What the daemon names is opened only where it is a socket of this very user: a daemon may be another machine's. */
async function isThere(socket: string, { clock }: CliContext): Promise<boolean> {
  const deadline = clock.monotonic() + terminalMs;
  for (;;) {
    const found = lstatSync(socket, { throwIfNoEntry: false });
    if (found !== undefined) return found.isSocket() && found.uid === process.getuid?.();
    if (clock.monotonic() >= deadline) return false;
    await clock.sleep(pollMs);
  }
}

async function showTerminal(socket: string, context: CliContext): Promise<number> {
  const keys = context.env.TMUX === undefined ? 'Ctrl-b d' : 'Ctrl-b twice, then d,';
  const giveBack = context.onInterrupt(() => {}); // what is typed before tmux has the keyboard must not end us
  try {
    return await runOnTerminal(
      'tmux',
      ['-S', socket, 'attach-session', '-t', 'run', ';', 'display-message', `${keys} lets go of the run`],
      { env: tmuxEnvironment(context) },
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw usageError(
      'The terminal of a run is opened with tmux, and there is none on your PATH',
      'install tmux, or look on with --raw',
    );
  } finally {
    giveBack();
  }
}

async function isAlive(socket: string, context: CliContext): Promise<boolean> {
  const answer = await runCommand('tmux', ['-S', socket, 'list-sessions', '-F', '#{session_name}'], {
    env: tmuxEnvironment(context),
    timeoutMs: askMs,
  });
  // The exit code tells nothing: a server that is just ending answers with 0 as well.
  return answer.stdout.toString('utf8').split('\n').includes('run');
}

/** Without the mark of another tmux that this terminal may be in: with it, tmux refuses to be nested. */
function tmuxEnvironment({ env }: CliContext): Record<string, string> {
  const kept = Object.entries(env).filter(([name]) => name !== 'TMUX' && name !== 'TMUX_PANE');
  return Object.fromEntries(kept.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
