import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import type { World } from './real-daemon.ts';
import { until } from './until.ts';

/** One life of a daemon: from its start to its death. */
export type DaemonLife = {
  readonly pid: number;
  /** Milliseconds from the start of the process to the first 200 of /readyz. */
  readonly ready: Promise<number>;
  readonly isDead: () => boolean;
  readonly died: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Kills it with -9 and waits until the kernel has done it. */
  readonly kill: () => Promise<void>;
  /** What it wrote to stderr. */
  readonly said: () => string;
};

/** Starts a daemon in the foreground and asks for its readiness from the first moment on. */
export function startDaemon(world: World, env: Readonly<Record<string, string>> = {}): DaemonLife {
  const started = performance.now();
  // The state root in the arguments tells these processes from every other daemon of the machine.
  const args = [world.program, 'daemon', 'start', '--foreground', `--state-root=${world.stateRoot}`];
  const child = spawn(process.execPath, args, {
    env: { ...world.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const isDead = () => child.exitCode !== null || child.signalCode !== null;
  const died = deathOf(child);
  return {
    pid: child.pid ?? 0,
    ready: waitUntilReady(world.socket, started, isDead),
    isDead,
    died,
    kill: async () => {
      child.kill('SIGKILL');
      await died;
    },
    said: () => Buffer.concat(errors).toString('utf8'),
  };
}

/** The command line of a process, words joined by spaces; empty when it is gone. */
export function commandLine(pid: number | string): string {
  return readQuietly(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

/** A file's text, empty when it cannot be read (any more). */
export function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

async function deathOf(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return { code, signal };
}

/** A machine that is busy with other things: what is too late is told by the figures. */
const readyDeadlineMs = 60_000;

async function waitUntilReady(socket: string, started: number, isDead: () => boolean): Promise<number> {
  let wasDead = false;
  const look = async () => {
    wasDead = isDead();
    return wasDead || (await isReady(socket));
  };
  await until('the daemon to be ready', look, readyDeadlineMs);
  return wasDead ? Number.POSITIVE_INFINITY : performance.now() - started;
}

/** True when /readyz answers 200. */
export function isReady(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/readyz', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.setTimeout(2000, () => asked.destroy());
    asked.once('error', () => resolve(false));
    asked.end();
  });
}
