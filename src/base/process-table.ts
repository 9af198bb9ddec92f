import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { type ProcessRow, parseProcStat, parsePsLine, psColumns } from './process-identity.ts';
import { runCommand } from './spawn.ts';

/** Rows of the table that are read before everything else gets its turn: about half a millisecond. */
const rowsAtOnce = 64;
/** How many `/proc` files are read at once: enough to overlap, few enough for a small limit of open files. */
const readsAtOnce = 16;
const psTimeoutMs = 10_000;

/** All processes of the machine that can be seen. Those that end meanwhile are left out. */
export async function listProcesses(): Promise<readonly ProcessRow[]> {
  if (process.platform === 'linux') {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    const rows: ProcessRow[] = [];
    for (const [index, pid] of pids.entries()) {
      const row = readRow(pid);
      if (row !== null) rows.push(row);
      if (index % rowsAtOnce === rowsAtOnce - 1) await setImmediate();
    }
    return rows;
  }
  const { stdout } = await runCommand('ps', ['-ax', ...psColumns], { env: psEnv, timeoutMs: psTimeoutMs });
  return stdout
    .toString('utf8')
    .split('\n')
    .map(parsePsLine)
    .filter((row) => row !== null);
}

/** Synchronous, because the kernel answers it from memory in microseconds; by the thread pool it takes ten times that. */
function readRow(pid: number): ProcessRow | null {
  try {
    return parseProcStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return null; // it ended meanwhile
  }
}

/**
 * The value of variable `name` in the environment each process was started with; pids that do not have it, or that
 * may not be read, are absent. On macOS best effort: `ps -E` hides the environment of protected programs.
 */
export async function readEnvironmentMarks(
  pids: readonly number[],
  name: string,
): Promise<ReadonlyMap<number, string>> {
  const marks = new Map<number, string>();
  if (process.platform === 'linux') {
    await mapFew(pids, async (pid) => {
      const entry = (await readQuietly(`/proc/${pid}/environ`))
        .split('\0')
        .find((text) => text.startsWith(`${name}=`));
      if (entry !== undefined) marks.set(pid, entry.slice(name.length + 1));
    });
    return marks;
  }
  const { stdout } = await runCommand('ps', ['-axEww', '-o', 'pid=', '-o', 'command='], {
    env: psEnv,
    timeoutMs: psTimeoutMs,
  });
  const pattern = new RegExp(`^\\s*(\\d+)\\s.*\\s${name}=(\\S*)`);
  for (const line of stdout.toString('utf8').split('\n')) {
    const [, pid, value] = pattern.exec(line) ?? [];
    if (pid !== undefined && value !== undefined && pids.includes(Number(pid))) marks.set(Number(pid), value);
  }
  return marks;
}

/** The control groups of a process, one path per hierarchy; none where the system has no such thing. */
export async function readControlGroups(pid: number): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  const lines = (await readQuietly(`/proc/${pid}/cgroup`)).split('\n').filter((line) => line !== '');
  return lines.map((line) => line.split(':').slice(2).join(':'));
}

const psEnv = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };

async function readQuietly(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return ''; // ended meanwhile, or another user's: there is nothing to learn
  }
}

async function mapFew<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++)
      results[index] = await work(items[index] as T);
  };
  await Promise.all(Array.from({ length: readsAtOnce }, worker));
  return results;
}
