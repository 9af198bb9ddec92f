import { readdirSync, readFileSync } from 'node:fs';

/**
 * How many more file descriptors this process may open, Infinity where the system does not tell. Node raises its soft
 * limit to the hard one at start, so this is what is really left. Costs some tens of microseconds with few open files.
 */
export function fileDescriptorRoom(): number {
  const limit = currentLimit();
  if (limit === Number.POSITIVE_INFINITY) return limit;
  const open = countOpenBelow(limit);
  return open === null ? 0 : Math.max(0, limit - open);
}

/** How many file descriptors are open, and the limit, Infinity where there is none or the system does not tell. */
export function fileDescriptors(): { readonly open: number; readonly limit: number } {
  const limit = currentLimit();
  return { open: countOpenBelow(Number.POSITIVE_INFINITY) ?? limit, limit };
}

function currentLimit(): number {
  return process.platform === 'linux' ? limitFromProc() : limitFromReport();
}

/** Read each time: `prlimit` may change it while the process lives. */
function limitFromProc(): number {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(readProcLimits())?.[1];
  return soft === undefined || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

function readProcLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EMFILE') return 'Max open files 0';
    return ''; // no /proc here: unknown
  }
}

let reported: number | undefined;

/** A report takes milliseconds, and nothing changes the limit where there is no prlimit: asked once. */
function limitFromReport(): number {
  if (reported === undefined) {
    const report = process.report?.getReport() as
      | { userLimits?: { open_files?: { soft?: unknown } } }
      | undefined;
    const soft = report?.userLimits?.open_files?.soft;
    reported = typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY;
  }
  return reported;
}

/**
 * Null when not even the listing could be opened, which says it all. A descriptor at or above the limit was inherited
 * from a time when the limit was higher, and takes no room.
 */
function countOpenBelow(limit: number): number | null {
  try {
    const names = readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd');
    return names.filter((name) => Number(name) < limit).length - 1; // one less: the listing's own descriptor
  } catch {
    return null;
  }
}
