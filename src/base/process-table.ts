import { open, readdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { type ProcessRow, parsePsLine, psColumns, readRow } from './process-identity.ts';
import { runCommand } from './spawn.ts';

/** Rows of the table that are read before everything else gets its turn: about half a millisecond. */
const rowsAtOnce = 64;
/** How many environments are read at once: enough to overlap, few enough for a small limit of open files. */
const readsAtOnce = 16;
/** What most environments fit into. */
const environmentBytes = 16 * 2 ** 10;
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
    const left = [...pids];
    const readSome = async () => {
      const buffer = Buffer.allocUnsafe(environmentBytes);
      for (let pid = left.pop(); pid !== undefined; pid = left.pop()) {
        const entries = (await readEnvironment(pid, buffer)).split('\0');
        const entry = entries.find((text) => text.startsWith(`${name}=`));
        if (entry !== undefined) marks.set(pid, entry.slice(name.length + 1));
      }
    };
    await Promise.all(Array.from({ length: Math.min(readsAtOnce, pids.length) }, readSome));
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

const psEnv = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Not at once, as the rest is: it takes the lock of that process's memory, which may be held for long. And not by
 * `readFile`, which takes 64 KiB for each file of /proc.
 */
async function readEnvironment(pid: number, buffer: Buffer): Promise<string> {
  let text = '';
  try {
    const file = await open(`/proc/${pid}/environ`);
    try {
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length);
        if (bytesRead === 0) return text;
        text += buffer.toString('latin1', 0, bytesRead);
      }
    } finally {
      await file.close();
    }
  } catch {
    return text; // it ended meanwhile, or is another user's: there is nothing to learn
  }
}
