/** Where a bench runs: a temporary folder with a fresh build, an environment of its own, and what must be ended. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build as bundle } from 'esbuild';

export type Command = readonly [string, ...string[]];

export type Lab = {
  readonly folder: string;
  /** The Node.js that runs this bench, and everything that it compares. */
  readonly node: string;
  /** `dist/main.js` of a build made for this bench. */
  readonly drover: string;
  /** A server of the same libraries, bundled the same way: what is left when drover is taken away. */
  readonly bareServer: string;
  readonly env: NodeJS.ProcessEnv;
  /** Makes an empty folder. */
  readonly makeFolder: () => string;
  /** Runs a program to its end. Throws when it fails. */
  readonly run: (
    command: Command,
    options?: { env?: NodeJS.ProcessEnv; cwd?: string; timeout?: number },
  ) => Promise<string>;
  /** Starts a program that goes on; it is ended with the lab at the latest. */
  readonly start: (command: Command, env?: NodeJS.ProcessEnv) => ChildProcess;
  /** Something else to be undone at the end. */
  readonly onClose: (undo: () => Promise<unknown>) => void;
  readonly close: () => Promise<void>;
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);

/** Makes the lab. NODE_EXTRA_CA_CERTS and NODE_OPTIONS would slow every start of Node.js, and so are left out. */
export async function makeLab(): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-bench-'));
  const foreign = /^(DROVER_|NODE_|LISTEN_|WATCHDOG_|NOTIFY_SOCKET$|JOURNAL_STREAM$|XDG_|GIT_|npm_)/;
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name))),
    HOME: join(folder, 'home'),
    XDG_RUNTIME_DIR: join(folder, 'runtime'),
  };
  for (const path of [env.HOME, env.XDG_RUNTIME_DIR]) mkdirSync(path, { mode: 0o700 });
  const undos: (() => Promise<unknown>)[] = [];
  const lab: Lab = {
    ...{ folder, env, node: process.execPath },
    drover: join(folder, 'dist', 'main.js'),
    bareServer: join(folder, 'bare-hono.mjs'),
    makeFolder: () => mkdtempSync(join(folder, 'd')),
    run: async ([file, ...args], options) =>
      (await execute(file, args, { env, cwd: folder, maxBuffer: 1 << 26, timeout: 120_000, ...options }))
        .stdout,
    start: ([file, ...args], own = env) => {
      const child = spawn(file, args, { env: own, cwd: folder, stdio: 'ignore' });
      undos.push(() => endProgram(child));
      return child;
    },
    onClose: (undo) => undos.push(undo),
    close: async () => {
      for (const undo of undos.reverse()) await undo().catch(() => null); // the rest must be undone as well
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  const build: Command = [lab.node, join(root, 'scripts', 'build.ts'), `--out=${join(folder, 'dist')}`];
  await lab.run(build, { cwd: root });
  const entryPoints = [join(root, 'scripts', 'bench', 'bare-hono.ts')];
  const target = { platform: 'node', format: 'esm', target: 'node22.13' } as const;
  await bundle({ entryPoints, bundle: true, outfile: lab.bareServer, logLevel: 'warning', ...target });
  return lab;
}

/** Ends a program: TERM, and KILL when it is still there after 5 s. */
export async function endProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(timer);
}

/** One daemon of drover in the foreground, with a state of its own. */
export function startDrover(lab: Lab): { child: ChildProcess; socket: string; args: readonly string[] } {
  const state = lab.makeFolder();
  const socket = join(state, 's');
  const args = ['--state-root', state, '--socket', socket];
  const child = lab.start([lab.node, lab.drover, 'daemon', 'start', '--foreground', ...args]);
  return { child, socket, args };
}

/** Waits until `GET path` on the socket is answered with 200; asks again each millisecond. */
export async function untilAnswers(socket: string, path: string, deadlineMs = 20_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await answers(socket, path))) {
    if (performance.now() > deadline) throw new Error(`Nothing answers on ${socket} within ${deadlineMs} ms`);
    await sleep(1);
  }
}

function answers(path: string, target: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write(`GET ${target} HTTP/1.0\r\nHost: localhost\r\n\r\n`));
    socket.once('data', (chunk: Buffer) => {
      resolve(/^HTTP\/1\.[01] 200 /.test(chunk.toString('latin1')));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
