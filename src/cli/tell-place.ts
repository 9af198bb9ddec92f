import type { Client } from '../client/index.ts';
import { isAppError } from '../contract/index.ts';
import type { CliContext } from './context.ts';
import { createEventPrinter } from './print/events.ts';
import { styleFor } from './print/style.ts';

/** Making a worktree may take long; who starts a run in the background does not wait longer than this. */
const patienceMs = 5000;
/** With one of these the worktree is there, or will not be for a while. */
const lastTypes: readonly string[] = ['run.started', 'run.finished'];

/** Says where a new run works, and what of the checkout is not there: as a reader of the run would be told. */
export async function tellPlace(context: CliContext, client: Client, runId: string): Promise<void> {
  const printer = createEventPrinter(styleFor(context.isErrTerminal, context.env));
  const enough = new AbortController();
  const late = context.clock.sleep(patienceMs, enough.signal).then(
    () => enough.abort(),
    () => {}, // it was soon enough
  );
  const events = client.stream('runsEvents', {
    params: { run: runId },
    signal: enough.signal,
    clock: context.clock,
  });
  try {
    for await (const event of events) {
      if (event.type === 'worktree.created') {
        for (const piece of printer.print(event)) context.stderr.write(piece.text);
        return;
      }
      const isQueued = event.type === 'run.queued' && event.data.reason !== null;
      if (isQueued || lastTypes.includes(event.type)) return;
    }
  } catch (error) {
    if (!isAppError(error)) throw error; // the run is there, whatever becomes of the daemon: that was the question
  } finally {
    enough.abort();
    await late;
  }
}
