import { type ChildProcess, spawn as nodeSpawn } from 'node:child_process';
import { constants } from 'node:os';

export type RunCommandOptions = {
  readonly cwd?: string;
  /** The whole environment of the child: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Written to stdin, which is then closed; without it stdin is /dev/null. */
  readonly stdin?: string | Uint8Array;
  /** Output beyond this many bytes per stream ends the command with `truncated`; 64 MiB unless told. */
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
};

export type CommandResult = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly timedOut: boolean;
  readonly truncated: boolean;
};

const defaultMaxOutputBytes = 64 * 2 ** 20;

/**
 * Runs a command to its end, in a process group of its own that is killed whole at the deadline, and returns how it
 * ended; what has left the group is not waited for after that. Rejects only when it cannot be started (ENOENT, EMFILE, EAGAIN…).
 */
export function runCommand(
  file: string,
  args: readonly string[],
  options: RunCommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = nodeSpawn(file, args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const limit = options.maxOutputBytes ?? defaultMaxOutputBytes;
    let timedOut = false;
    let truncated = false;
    const kill = () => {
      killGroup(child);
      child.stdout?.destroy(); // one who left the group may hold it open for ever
      child.stderr?.destroy();
    };
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, options.timeoutMs);
    options.signal?.addEventListener('abort', kill, { once: true });
    const collect = (into: Buffer[]) => {
      let size = 0;
      return (chunk: Buffer) => {
        size += chunk.length;
        if (size > limit) {
          truncated = true;
          kill();
        } else into.push(chunk);
      };
    };
    child.stdout?.on('data', collect(stdout));
    child.stderr?.on('data', collect(stderr));
    child.stdin?.on('error', () => {}); // EPIPE: the command ended without reading; its exit code tells
    child.stdin?.end(options.stdin);
    const settle = () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', kill);
    };
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (code, signal) => {
      settle();
      resolve({
        code,
        signal,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr),
        timedOut,
        truncated,
      });
    });
  });
}

export type DetachedOptions = {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** File descriptors or 'ignore' for stdin, stdout and stderr. */
  readonly stdio?: readonly ['ignore' | number, 'ignore' | number, 'ignore' | number];
};

/**
 * Starts a process in a session of its own that outlives this one. Resolves with its pid once it has been started;
 * rejects when it cannot be (ENOENT, EMFILE, EAGAIN…).
 */
export function spawnDetached(
  file: string,
  args: readonly string[],
  options: DetachedOptions,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = nodeSpawn(file, args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: [...(options.stdio ?? (['ignore', 'ignore', 'ignore'] as const))],
    });
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      resolve(child.pid as number);
    });
  });
}

/**
 * Runs a command on this process's own terminal until it ends, and returns its exit code: 128 and more after a signal. What
 * the keyboard sends is the command's. Rejects when it cannot be started.
 */
export function runOnTerminal(
  file: string,
  args: readonly string[],
  { env }: { readonly env: Readonly<Record<string, string>> },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = nodeSpawn(file, args, { env, stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // the group is gone already, or was never made
  }
}
