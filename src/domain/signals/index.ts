/**
 * signals: what an agent or a person says about a plan in a file. It owns the grammar of the names, and claiming, reading,
 * putting away and watching the files; it promises that each signal is given out once under an id that survives a crash,
 * and that nothing an agent leaves in such a folder is followed, opened as anything else or able to stop it; it must not
 * know what a signal does to a plan.
 */
export type { ClaimedSignal, RefusedFile } from './claim.ts';
export { createInbox, type Inbox, type InboxOptions } from './inbox.ts';
export { formatSignalName, parseSignalName, type SignalName } from './name.ts';
export { makeSignalFolder, signalFolders, signalParents } from './place.ts';
export { type FindTracked, trackedWords } from './tracked.ts';
export { maxFailedEntries } from './trim.ts';
export { createSignalWatch, type SignalWatch, type SignalWatchOptions } from './watch.ts';
