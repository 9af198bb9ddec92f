import { opendir } from 'node:fs/promises';
import { formatBytes } from '../../contract/index.ts';
import type { StoreInspection } from '../../foundation/store/index.ts';
import { counted, type Finding, failure, fine, note, shellWord, someOf, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';
import { unreadConfig } from './config.ts';

/** A write-ahead log that is copied back in time stays far below this. */
const largeWalBytes = 256 * 2 ** 20;

/** The database, and whether the folders of runs agree with it. */
export async function checkStore(situation: Situation): Promise<readonly Finding[]> {
  const { paths, status, store, storeError } = situation;
  if (storeError !== null)
    return [failure('store.whole', storeError.message, { detail: storeError.hint ?? '' })];
  if (store === null) return []; // not made yet, or somebody else's, which the check of the state root says
  const { problems, schema, bytes, walBytes, events, runs } = store;
  if (problems !== null && problems.length > 0) {
    return [
      failure('store.whole', `The database ${paths.database} is damaged: ${problems[0]}`, {
        detail:
          'Stop the daemon and keep a copy of the state root before anything else. Then restore a backup.',
        command: situation.drover('daemon stop'),
      }),
    ];
  }
  const figures = `${counted(runs.length, 'run')}, ${counted(events, 'event')}, ${formatBytes(bytes + walBytes)}, schema ${schema}`;
  const found: Finding[] = [
    problems === null
      ? note('store.whole', `The database is too large to be checked in passing: ${figures}`, {
          command: `sqlite3 -readonly ${shellWord(paths.database)} 'PRAGMA quick_check'`,
        })
      : fine('store.whole', `The database is whole: ${figures}`),
  ];
  if (walBytes > largeWalBytes) {
    found.push(
      warning('store.log', `The write-ahead log of the database has ${formatBytes(walBytes)}`, {
        detail: 'Something reads for a long time, or the disk is full, so it cannot be copied back.',
        command: status === null ? situation.drover('daemon start') : situation.drover('daemon restart'),
      }),
    );
  }
  return [...found, ...(await compareFolders(situation, store)), ...unreadConfig(situation, store.config)];
}

async function compareFolders({ paths }: Situation, { runs }: StoreInspection): Promise<readonly Finding[]> {
  const folders = new Set<string>();
  const entries = await opendir(paths.runs).catch(() => null);
  if (entries !== null) for await (const entry of entries) if (entry.isDirectory()) folders.add(entry.name);
  const known = new Set(runs.map(({ id }) => id));
  const orphans = [...folders].filter((name) => /^run_[0-9A-Z]+$/.test(name) && !known.has(name));
  const lost = runs.filter(({ id, isStarted }) => isStarted && !folders.has(id));
  const live = lost.filter(({ isEnded }) => !isEnded).map(({ id }) => id);
  const ended = lost.filter(({ isEnded }) => isEnded).map(({ id }) => id);
  const found: Finding[] = [];
  if (orphans.length > 0) {
    found.push(
      note('store.orphans', `Folders of runs that the database does not know: ${someOf(orphans)}`, {
        detail: `After an older backup was restored the output of newer runs stays. They lie in ${paths.runs}; nothing removes them by itself.`,
      }),
    );
  }
  if (live.length > 0) {
    found.push(
      failure('store.folders', `Runs that have not ended have no folder any more: ${someOf(live)}`, {
        detail: 'Their output is gone. The daemon shows them as interrupted after its next start.',
      }),
    );
  }
  if (ended.length > 0) {
    found.push(
      note('store.folders', `Ended runs have no folder any more: ${someOf(ended)}`, {
        detail: 'What they said is gone; their results are kept.',
      }),
    );
  }
  return found;
}
