import { readFileSync } from 'node:fs';
import { readKernelText } from './kernel-text.ts';
import { machineUnits } from './machine-units.ts';
import { runCommand } from './spawn.ts';

/** What tells a process from every other one, before or after it, on this machine. */
export type ProcessIdentity = {
  readonly pid: number;
  /** Linux: clock ticks after boot; macOS: `ps -o lstart` in UTC. Only ever compared. */
  readonly startTime: string;
  /** Changes with every boot. */
  readonly bootId: string;
};

/** One living or dead process as the kernel shows it. */
export type ProcessRow = {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  /** 0 where the system does not tell (macOS). */
  readonly sessionId: number;
  /** Dead, but not yet waited for by its parent. */
  readonly isZombie: boolean;
  readonly startTime: string;
  /** CPU time of its own, user and system. */
  readonly cpuMs: number;
  /** CPU time of its children that ended and were waited for, and of theirs; 0 where the system does not tell (macOS). */
  readonly reapedCpuMs: number;
  /** Memory of it that is in RAM; what it shares with others is counted whole. */
  readonly residentBytes: number;
};

/** `ps` answers in milliseconds; a machine that swaps may need longer. */
const psTimeoutMs = 5_000;
const psEnv = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };

let knownBootId: Promise<string> | undefined;

/** An id of this boot of the machine; the same for the whole life of a process, so it is read once. */
export function bootId(): Promise<string> {
  knownBootId ??= readBootId().catch((error: unknown) => {
    knownBootId = undefined;
    throw error;
  });
  return knownBootId;
}

/** The identity of the process that has this pid now; null when there is none, or only a zombie. */
export async function readIdentity(pid: number): Promise<ProcessIdentity | null> {
  const row = await readProcess(pid);
  return row === null || row.isZombie ? null : { pid, startTime: row.startTime, bootId: await bootId() };
}

/** True while this very process runs. A zombie, a reused pid and another boot count as dead. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (identity.bootId !== (await bootId())) return false;
  const row = await readProcess(identity.pid);
  return row !== null && !row.isZombie && row.startTime === identity.startTime;
}

/** The process with this pid, zombie or not; null when there is none. */
export async function readProcess(pid: number): Promise<ProcessRow | null> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  if (process.platform === 'linux') return readRow(pid);
  const { stdout } = await runCommand('ps', [...psColumns, '-p', String(pid)], {
    env: psEnv,
    timeoutMs: psTimeoutMs,
  });
  return parsePsLine(stdout.toString('utf8').trim());
}

/** The same at once, for Linux alone: null elsewhere. */
export function readRow(pid: number): ProcessRow | null {
  return parseProcStat(readKernelText(`/proc/${pid}/stat`));
}

/** Parses `/proc/<pid>/stat`; null when it is not one. The name in parentheses may hold anything, `)` included. */
export function parseProcStat(stat: string): ProcessRow | null {
  const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
  const [state, parent, group, session] = fields;
  const startTime = fields[19]; // field 22 of the line (proc(5)), counted from the state, which is field 3
  if (state === undefined || startTime === undefined) return null;
  const { tickMs, pageBytes } = machineUnits();
  const sumOf = (field: number) => Number(fields[field - 3]) + Number(fields[field - 2]);
  return {
    pid: Number.parseInt(stat, 10),
    parentPid: Number(parent),
    groupId: Number(group),
    sessionId: Number(session),
    isZombie: isDeadState(state),
    startTime,
    cpuMs: sumOf(14) * tickMs,
    reapedCpuMs: sumOf(16) * tickMs,
    residentBytes: Number(fields[24 - 3]) * pageBytes,
  };
}

/**
 * The columns that `parsePsLine` reads. One option each: behind `=` POSIX and FreeBSD take all that follows, commas too,
 * for the heading of that one column.
 */
export const psColumns: readonly string[] = [
  'pid=',
  'ppid=',
  'pgid=',
  'stat=',
  'time=',
  'rss=',
  'lstart=',
].flatMap((column) => ['-o', column]);

/** Parses a line of `ps` with `psColumns` (macOS, BSD); null when it is not one. */
export function parsePsLine(line: string): ProcessRow | null {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+([\d:.-]+)\s+(\d+)\s+(\S.*?)\s*$/.exec(line);
  if (match === null) return null;
  const [, pid, parent, group, state = '', time = '', kibibytes, startTime = ''] = match;
  return {
    pid: Number(pid),
    parentPid: Number(parent),
    groupId: Number(group),
    sessionId: 0,
    isZombie: isDeadState(state),
    startTime,
    cpuMs: parsePsTime(time),
    reapedCpuMs: 0,
    residentBytes: Number(kibibytes) * 1024,
  };
}

/** `1:02.34` on macOS, `00:01:02` or `3-00:01:02` elsewhere: seconds last, days before a dash. */
function parsePsTime(text: string): number {
  const [clock = '', days = '0'] = text.split('-').toReversed();
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round((Number(days) * 86_400 + seconds) * 1000);
}

function isDeadState(state: string): boolean {
  return state.startsWith('Z') || state.startsWith('X');
}

async function readBootId(): Promise<string> {
  if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const { stdout } = await runCommand('sysctl', ['-n', 'kern.bootsessionuuid'], {
    env: psEnv,
    timeoutMs: psTimeoutMs,
  });
  return stdout.toString('utf8').trim();
}
