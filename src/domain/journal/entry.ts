import { toTimestamp } from '../../base/index.ts';
import type { Event } from '../../contract/index.ts';
import type { CommittedEvent, EventRow } from '../../foundation/store/index.ts';

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
    ...(event.planId === null ? {} : { plan_id: event.planId }),
    source: event.source,
    data: event.data,
  };
  return { seq: event.seq, type: event.type, runId: event.runId, json: JSON.stringify(shape) };
}

/** A stored event as it was committed. `text` is that of an output event, which is not stored with it. */
export function eventOfRow(row: EventRow, text = ''): CommittedEvent {
  const data =
    row.data === null
      ? { text, offset: row.fileOffset, bytes: row.fileBytes, partial: row.partial }
      : (JSON.parse(row.data) as Record<string, unknown>);
  return {
    seq: row.seq,
    time: row.time,
    type: row.type,
    source: row.source as CommittedEvent['source'],
    runId: row.runId,
    repoId: row.repoId,
    planId: row.planId,
    data,
  };
}
