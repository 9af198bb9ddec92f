import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { AcceptedRun, CrashLoad } from './crash-load.ts';
import { commandLine, type DaemonLife, readQuietly, startDaemon } from './daemon-life.ts';
import { makeSlowRun } from './numbered-runs.ts';
import type { Random } from './random.ts';
import type { World } from './real-daemon.ts';
import { until } from './until.ts';

/** What a kill is made with. */
export type KillScene = {
  readonly world: World;
  readonly daemon: DaemonLife;
  readonly load: CrashLoad;
  readonly random: Random;
  /** The how-many-th kill, for keys. */
  readonly round: number;
};

/** A daemon is dead now. `isHit`: the machine was at the named point, as looked at after the death. */
export type KillResult = {
  readonly isHit: boolean;
  /** Lets go what was held, once the next daemon is ready. */
  readonly release?: (next: DaemonLife) => Promise<void>;
};

/**
 * Each way kills the daemon at a place that the product knows nothing of: found by looking at files, held by stopping
 * processes, or struck by strace in the middle of a system call.
 */
export const killPoints = {
  'before launch': beforeLaunch,
  'between claim and pid': betweenClaimAndPid,
  'in mid-line': inMidLine,
  'in mid-commit': inMidCommit,
  'before the exit record': beforeExitRecord,
  'while starting': whileStarting,
  'at any instant': atAnyInstant,
} as const satisfies Record<string, (scene: KillScene) => Promise<KillResult>>;
export type KillPoint = keyof typeof killPoints;

const launcherWithinMs = 3000;
const claimWithinMs = 3000;
const stepMs = 0.1;
const longestStepMs = 3;

/** The row is there, its 201 was read, and no launcher has been started. */
async function beforeLaunch({ world, daemon, load, random, round }: KillScene): Promise<KillResult> {
  const isInRepo = random.below(2) === 0;
  const run = await load.start(makeSlowRun(random, { index: round, lines: 3, isInRepo }));
  pause(isInRepo ? random.below(60) : random.below(4)); // git makes the worktree meanwhile
  await daemon.kill();
  return { isHit: !existsSync(join(run.folder, 'claim')) && couldStart(world, run).length === 0 };
}

/** The launcher has claimed and not said who it is; it is held so until the next daemon has seen that. */
async function betweenClaimAndPid({ daemon, load, random, round }: KillScene): Promise<KillResult> {
  const before = newestPid();
  const run = await load.start(makeSlowRun(random, { index: round, lines: 3 }));
  const claim = join(run.folder, 'claim');
  // In one go, without the event loop: the launcher needs about a millisecond from the one to the other. So it goes on
  // in steps of a fraction of that.
  const launcher = spin(() => launcherAmong(run, before, newestPid()), launcherWithinMs);
  if (launcher === null) {
    await daemon.kill();
    return { isHit: false };
  }
  let steps = 0;
  spin(() => {
    signalGroup(launcher, 'SIGCONT');
    pause(Math.min(stepMs * 1.05 ** steps++, longestStepMs)); // longer where the machine is too busy for short ones
    signalGroup(launcher, 'SIGSTOP');
    return existsSync(claim) || null;
  }, claimWithinMs);
  await daemon.kill();
  const isBetween = () => existsSync(claim) && !existsSync(join(run.folder, 'launcher'));
  const isHit = isBetween();
  return {
    isHit,
    release: async (next) => {
      try {
        await next.ready;
        if (isHit && !isBetween()) throw new Error('The launcher went on while it was held');
      } finally {
        signalGroup(launcher, 'SIGCONT');
      }
    },
  };
}

/** What an agent has written last has no newline yet. */
async function inMidLine({ daemon, load, random, round }: KillScene): Promise<KillResult> {
  const own = await load.start(makeSlowRun(random, { index: round, lines: 12 }));
  const isInLine = (run: AcceptedRun) => {
    const last = lastByte(join(run.folder, 'out.log'));
    return last !== null && last !== 0x0a;
  };
  let found: AcceptedRun | undefined;
  const look = () => {
    found = load.live().find(isInLine) ?? (isInLine(own) ? own : undefined);
    return found !== undefined;
  };
  await until('an agent in the middle of a line', look).catch(() => false); // too busy a machine: tried again
  await daemon.kill();
  return { isHit: found !== undefined && isInLine(found) };
}

/** strace kills the daemon as it enters a write or sync of the store's log. */
async function inMidCommit({ world, daemon, load, random }: KillScene): Promise<KillResult> {
  const call = random.pick(['pwrite64', 'pwrite64', 'fdatasync']);
  const nth = 1 + random.below(12);
  const trace = join(world.root, 'strace.txt');
  const inject = `${call}:signal=KILL:when=${nth}`;
  const wal = join(world.stateRoot, 'drover.db-wal');
  const strace = spawn(
    'strace',
    ['-o', trace, '-p', String(daemon.pid), '-P', wal, '-e', `trace=${call}`, '-e', `inject=${inject}`],
    { stdio: 'ignore' },
  );
  const ended = once(strace, 'exit');
  load.keepLive(load.live().length + 3);
  const timer = setTimeout(() => strace.kill('SIGTERM'), 4000);
  await ended;
  clearTimeout(timer);
  const text = readQuietly(trace);
  const isHit = text.includes(`${call}(`) && text.includes('killed by SIGKILL');
  await daemon.kill();
  return { isHit };
}

/** The agent is gone; its launcher, held, has not written that down. */
async function beforeExitRecord({ daemon, load, random, round }: KillScene): Promise<KillResult> {
  const run = await load.start(makeSlowRun(random, { index: round, lines: 3 }));
  const pidIn = (name: string) => Number(/^pid (\d+)$/m.exec(readQuietly(join(run.folder, name)))?.[1] ?? 0);
  await until('the agent to be written down', () => pidIn('agent') > 0);
  const launcher = pidIn('launcher');
  process.kill(launcher, 'SIGSTOP');
  const isOver = () => !existsSync(join(run.folder, 'exit')) && stateOf(pidIn('agent')) === 'Z';
  try {
    await until('the agent to end', isOver, 5000);
  } catch {
    process.kill(launcher, 'SIGCONT'); // it had ended before we held its launcher
    await daemon.kill();
    return { isHit: false };
  }
  await daemon.kill();
  return {
    isHit: isOver(),
    release: async (next) => {
      try {
        await next.ready;
      } finally {
        process.kill(launcher, 'SIGCONT');
      }
    },
  };
}

/** Somewhere between the start of the process and its readiness. */
async function whileStarting({ world, daemon, random }: KillScene): Promise<KillResult> {
  await daemon.kill();

  const next = startDaemon(world);
  const early = random.below(200);
  const isReadyFirst = await Promise.race([
    next.ready.then(() => true),
    new Promise<false>((resolve) => setTimeout(() => resolve(false), early)),
  ]);
  await next.kill();
  return { isHit: !isReadyFirst };
}

async function atAnyInstant({ daemon, random }: KillScene): Promise<KillResult> {
  await new Promise((resolve) => setTimeout(resolve, random.below(400)));
  await daemon.kill();
  return { isHit: true };
}

/** Looks until it finds something, without the event loop; null when the time is up. */
function spin<T>(look: () => T | null, ms: number): T | null {
  const end = performance.now() + ms;
  for (;;) {
    const found = look();
    if (found !== null || performance.now() >= end) return found;
    pause(stepMs);
  }
}

/** Sleeps where nothing else of this process may happen. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** The pid that was given last. */
function newestPid(): number {
  return Number(readQuietly('/proc/loadavg').trim().split(' ').at(-1));
}

/** The launcher of a run, looked for among few pids. The oldest it is: its children look like it until they exec. */
function launcherAmong(run: AcceptedRun, from: number, to: number): number | null {
  for (let pid = from + 1; pid <= to; pid += 1)
    if (commandLine(pid).includes(`launcher.sh ${run.folder}`)) return pid;
  return null;
}

/** Processes that could still start this run: its launcher, or a child of the daemon that is about to become it. */
function couldStart(world: World, run: AcceptedRun): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    const line = commandLine(pid);
    return line.includes(run.folder) || line.includes(`--state-root=${world.stateRoot}`);
  });
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // it has ended, which the caller sees by the files
  }
}

function stateOf(pid: number): string {
  return /\) (\S)/.exec(readQuietly(`/proc/${pid}/stat`))?.[1] ?? '';
}

function lastByte(path: string): number | null {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const byte = Buffer.alloc(1);
      return size > 0 && readSync(file, byte, 0, 1, size - 1) === 1 ? (byte[0] ?? null) : null;
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}
