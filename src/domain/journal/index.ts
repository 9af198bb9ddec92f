/**
 * journal: the one numbered stream of events, as readers see it. It owns how events become JSON, the tail that is kept
 * in memory for readers who keep up, and where an output event's text is read from; it promises the same events in the
 * same order to every reader, with bounded memory, and must not know who reads.
 */
export { eventOfRow, toEntry } from './entry.ts';
export { type EventLog, openEventLog } from './event-log.ts';
export {
  createJournal,
  type Journal,
  type JournalEntry,
  type JournalOptions,
  type JournalQuery,
} from './journal.ts';
