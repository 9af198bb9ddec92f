import { setImmediate } from 'node:timers/promises';
import { type Clock, newestPid, type ProcessRow, readLockLimit, readRow } from '../../../base/index.ts';
import { signalIfThere } from './input.ts';

/** Pids that are looked at before everything else gets its turn. */
const pidsAtOnce = 128;
/** Newborn processes that are looked at after a look at all: some ten milliseconds. */
const mostNewborn = 512;
/** How long the event loop is held by a hunt. */
const huntMs = 10;
/** Pids before the newest that a hunt begins with. */
const pidsBack = 64;

/** The marks that `pids` carry; those without any limit are absent. */
export async function readLimitMarks(pids: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
  const found = new Map<number, bigint>();
  if (process.platform !== 'linux') return found;
  for (const [index, pid] of pids.entries()) {
    const limit = readLockLimit(pid);
    if (limit !== null) found.set(pid, limit);
    if (index % pidsAtOnce === pidsAtOnce - 1) await setImmediate();
  }
  return found;
}

/**
 * Those with the mark among the pids that were given after `since`. A process that goes on as its own child has left
 * before a look at the whole table is at its end, and its child was not in it: only both looks together tell that there is
 * none. Where processes are born faster than one looks this looks at so many and no more: in a tree that does that the
 * table had others.
 */
export function findBornSince(since: number | null, mark: bigint, newest = newestPid): ProcessRow[] {
  const found: ProcessRow[] = [];
  if (since === null) return found;
  let looks = 0;
  for (let pid = since + 1; looks < mostNewborn && pid <= (newest() ?? 0); pid += 1, looks += 1) {
    const row = readLockLimit(pid) === mark ? readRow(pid) : null;
    if (row !== null && !row.isZombie) found.push(row);
  }
  return found;
}

/** Kills what has the mark the moment it is born, for a few milliseconds. */
export function huntNewborn(mark: bigint, clock: Clock): void {
  const end = clock.monotonic() + huntMs;
  let seen = 1;
  for (let newest = newestPid(); newest !== null && clock.monotonic() < end; newest = newestPid()) {
    for (let pid = Math.max(seen, newest - pidsBack) + 1; pid <= newest; pid += 1) {
      if (readLockLimit(pid) === mark) signalIfThere(pid, 'SIGKILL');
    }
    seen = newest;
  }
}
