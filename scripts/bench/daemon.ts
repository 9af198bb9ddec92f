/** A real daemon of its own for a measurement: built code, real socket, a home below the system's temporary folder. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../../test/support/until.ts';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const probe = fileURLToPath(new URL('loop-probe.ts', import.meta.url));
const readerProgram = fileURLToPath(new URL('readers.ts', import.meta.url));

export type BenchDaemonOptions = {
  readonly config: string;
  /** Every fsync and fdatasync takes this much longer, by strace; 0 = as the disk is. */
  readonly syncDelayMs: number;
  /** The daemon, but nothing that it starts, goes before all other work of the machine: what others do is not measured. */
  readonly isFirst: boolean;
};

/** Lag of an event loop, in milliseconds. */
export type LoopMs = Readonly<Record<'p50' | 'p99' | 'max', number>>;

/** A daemon under measurement. */
export type BenchDaemon = {
  readonly socket: string;
  readonly pid: number;
  readonly stateRoot: string;
  readonly ask: (method: string, path: string, body?: unknown) => Promise<{ status: number; text: string }>;
  readonly json: <T>(method: string, path: string, body?: unknown) => Promise<T>;
  /** Begins the loop's figures anew. */
  readonly resetProbe: () => void;
  /** Peak resident memory so far, in bytes. */
  readonly peakRss: () => number;
  /** Stops it, removes its files, and returns what the probe and strace saw. */
  readonly stop: () => Promise<{
    readonly loopMs: LoopMs;
    readonly syncs: number;
  }>;
};

/** Starts `dist/main.js` and waits until it is ready. */
export async function startBenchDaemon({
  config,
  syncDelayMs,
  isFirst,
}: BenchDaemonOptions): Promise<BenchDaemon> {
  const home = mkdtempSync(join(tmpdir(), 'drover-bench-'));
  const stateRoot = join(home, 'state');
  const socket = join(home, 'd.sock');
  const probeFile = join(home, 'loop.json');
  const traceFile = join(home, 'trace');
  mkdirSync(join(home, 'run'), { mode: 0o700 });
  writeFileSync(join(home, 'daemon.toml'), config);
  const places = ['--state-root', stateRoot, '--socket', socket, '--config', join(home, 'daemon.toml')];
  const daemon = [process.execPath, '--import', probe, main, 'daemon', 'start', '--foreground', ...places];
  const delayed = ['--seccomp-bpf', '-f', '-qq', '-o', traceFile, '-e', 'trace=fdatasync,fsync'];
  const inject = ['-e', `inject=fdatasync,fsync:delay_exit=${syncDelayMs * 1000}`];
  const [program = '', ...args] = syncDelayMs > 0 ? ['strace', ...delayed, ...inject, ...daemon] : daemon;
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      XDG_RUNTIME_DIR: join(home, 'run'),
      LOOP_PROBE: probeFile,
    },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 4, timeout: 1000 });
  const ask: BenchDaemon['ask'] = (method, path, body) =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const call = request({ socketPath: socket, method, path, headers, agent }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
        answer.on('error', reject);
      });
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const json = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const { status, text } = await ask(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  };
  await until('the daemon', async () => {
    if (child.exitCode !== null) throw new Error(`the daemon ended: ${said}`);
    return ask('GET', '/readyz').then(
      ({ status }) => status === 200,
      () => false,
    );
  });
  const { pid } = await json<{ pid: number }>('GET', '/v1/status');
  if (isFirst)
    for (const each of new Set([pid, child.pid]))
      execFileSync('chrt', ['--all-tasks', '--reset-on-fork', '--rr', '--pid', '1', `${each}`]);
  return {
    socket,
    pid,
    stateRoot,
    ask,
    json,
    resetProbe: () => process.kill(pid, 'SIGUSR2'),
    peakRss: () => 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
    stop: async () => {
      process.kill(pid, 'SIGTERM');
      await until('the end of the daemon', () => child.exitCode !== null || child.signalCode !== null);
      agent.destroy();
      const loopMs = JSON.parse(readFileSync(probeFile, 'utf8')) as LoopMs;
      const syncs = syncDelayMs > 0 ? readFileSync(traceFile, 'utf8').split('(DELAYED)').length - 1 : 0;
      rmSync(home, { recursive: true, force: true });
      return { loopMs, syncs };
    },
  };
}

/** A process that does nothing but measure its own event loop: what the machine itself costs. Returns how to end it. */
export async function startIdleProcess(): Promise<() => Promise<LoopMs>> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-bench-'));
  const probeFile = join(folder, 'loop.json');
  const script = "process.stdin.on('end', () => process.exit()).resume()";
  const child = spawn(process.execPath, ['--import', probe, '-e', script], {
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { PATH: process.env.PATH ?? '', LOOP_PROBE: probeFile },
  });
  return async () => {
    child.stdin.end();
    await until('the end of the idle process', () => child.exitCode !== null);
    const loopMs = JSON.parse(readFileSync(probeFile, 'utf8')) as LoopMs;
    rmSync(folder, { recursive: true, force: true });
    return loopMs;
  };
}

/** Readers of event streams, in a process of their own. */
export type BenchReaders = {
  /** Resolves when all together have seen the expected number of events. */
  readonly reached: () => Promise<unknown>;
  readonly stop: () => Promise<ReaderFigures>;
};

/** What all readers of a process saw together. `lagMs`: how old the newest event of a chunk was. */
export type ReaderFigures = {
  readonly readers: number;
  readonly bytes: number;
  readonly events: number;
  readonly lagMs: LoopMs;
};

/** Starts one reader per path and waits until every one has its answer's head. */
export async function startReaders(
  socket: string,
  paths: readonly string[],
  expectedEvents = Number.POSITIVE_INFINITY,
): Promise<BenchReaders> {
  const child: ChildProcess = spawn(process.execPath, [readerProgram, socket, `${expectedEvents}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stdin?.write(`${paths.join('\n')}\n\n`);
  await until('the readers', () => said.includes('ready\n'));
  return {
    reached: () => until('all events', () => said.includes('reached\n'), 120_000),
    stop: async () => {
      child.stdin?.end();
      await until('the end of the readers', () => child.exitCode !== null);
      return JSON.parse(said.slice(said.indexOf('{'))) as ReaderFigures;
    },
  };
}
