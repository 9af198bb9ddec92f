import { toTimestamp } from '../../base/index.ts';
import type { Event } from '../../contract/index.ts';
import type { CommittedEvent } from '../../foundation/store/index.ts';

/** One event as a reader gets it: already serialised, shared between readers. */
export type JournalEntry = {
  readonly seq: number;
  readonly type: string;
  readonly runId: string | null;
  readonly json: string;
};

/** Serialises an event in the shape of the contract (§6). */
export function toEntry(event: CommittedEvent): JournalEntry {
  const shape: Event = {
    seq: event.seq,
    time: toTimestamp(event.time),
    type: event.type,
    ...(event.runId === null ? {} : { run_id: event.runId }),
    ...(event.repoId === null ? {} : { repo_id: event.repoId }),
    source: event.source,
    data: event.data,
  };
  return { seq: event.seq, type: event.type, runId: event.runId, json: JSON.stringify(shape) };
}
