import type { Log } from '../base/index.ts';
import type { CommittedEvent, Store } from '../foundation/store/index.ts';

/** What of these events is logged: what an operator counts, nothing that an agent or a person wrote. */
const logged: Readonly<Record<string, { readonly message: string; readonly keys: readonly string[] }>> = {
  'run.started': { message: 'a run has started', keys: ['pid', 'launched_by'] },
  'run.cancel_requested': { message: 'a run is to stop', keys: ['reason'] },
  'run.finished': { message: 'a run has ended', keys: ['status', 'exit_code', 'signal'] },
};

/** Writes the life of each run into the daemon's own log, where its `debug` log is taken from. */
export function logRuns(store: Store, log: Log): void {
  const note = ({ type, runId, data }: CommittedEvent) => {
    const entry = logged[type];
    if (entry === undefined || runId === null) return;
    const fields = entry.keys.filter((key) => data[key] != null).map((key) => [key, data[key]]);
    log.info(entry.message, { run: runId, ...Object.fromEntries(fields) });
  };
  store.onCommit((events) => events.forEach(note));
}
