import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readLockLimit, runCommand, writeFileAtomic } from '../../../base/index.ts';
import { AppError } from '../../../contract/index.ts';
import { makeLimitMark } from './limit-mark.ts';
import { afterSetUp, type SetUpSpec } from './set-up.ts';

/** The layout of a run's folder that this code writes. Every released layout stays readable for ever. */
export const layoutVersion = 1;

/** The variable that marks every process of a run, for the sweep after it. */
export const runMark = 'DROVER_RUN_ID';

/** Names in a run's folder, layout v1. What each means is told at the top of `launcher.sh` and `terminal.sh`. */
export const runFiles = {
  meta: 'meta.json',
  argv: 'argv',
  cwd: 'cwd',
  env: 'env',
  input: 'input',
  stdin: 'stdin',
  mark: 'mark',
  reset: 'reset',
  launcherScript: 'launcher.sh',
  terminalScript: 'terminal.sh',
  terminalSocket: 'tmux.sock',
  unit: 'unit',
  claim: 'claim',
  launcher: 'launcher',
  go: 'go',
  agent: 'agent',
  fifo: 'in.fifo',
  stdout: 'out.log',
  stderr: 'err.log',
  eof: 'eof',
  eofDone: 'eof.done',
  exit: 'exit',
  stopped: 'stopped',
  /** Once a command of the set-up has failed: its exit status, then itself. */
  setUpFailed: 'set-up.failed',
} as const;

/** What the launcher is to start. */
export type LaunchSpec = {
  readonly runId: string;
  /** The program and its arguments; a bare name is looked up in the PATH of `env`. */
  readonly argv: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** The agent's whole environment, to which only the run's mark, and a PATH where there is none, are added. */
  readonly env: Readonly<Record<string, string>>;
  /** `fifo`: stdin is `in.fifo`. `none`: stdin is /dev/null, or the file of `stdin`. */
  readonly input: 'fifo' | 'none';
  /** All that stdin holds, where it is no FIFO. */
  readonly stdin?: string;
  /** `argv` is the command of a terminal, so that the folder needs its script. */
  readonly hasTerminal?: boolean;
  readonly setUp?: SetUpSpec;
};

/** What `meta.json` says. */
export type RunFolderMeta = {
  readonly layout: number;
  readonly runId: string;
  readonly input: 'fifo' | 'none';
};

const defaultPath = '/usr/local/bin:/usr/bin:/bin';
/** Addressed to the daemon by its service manager; an agent that answered them would speak for the daemon. */
const daemonOnly =
  /^(LISTEN_(FDS|PID|FDNAMES|PIDFDID)|NOTIFY_SOCKET|WATCHDOG_(PID|USEC)|JOURNAL_STREAM|INVOCATION_ID|SYSTEMD_EXEC_PID|MANAGERPID)$/;
/** Assigning to these ends some `sh`: they are read-only in bash, or must be a number in dash. */
const shellOwned = /^(UID|EUID|PPID|GROUPS|BASHOPTS|SHELLOPTS|BASH_VERSINFO|OPTIND)$/;
const shellName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `env` answers in milliseconds, on a machine that swaps in seconds. */
const envTimeoutMs = 10_000;

let loaded: { readonly launcher: Buffer; readonly terminal: Buffer } | undefined;

/**
 * The scripts of a folder, read once and kept: while an upgrade replaces this program their files are not there, and later
 * they are those of another version.
 */
export function loadScripts(): { readonly launcher: Buffer; readonly terminal: Buffer } {
  loaded ??= {
    launcher: readFileSync(new URL('./launcher.sh', import.meta.url)),
    terminal: readFileSync(new URL('./terminal.sh', import.meta.url)),
  };
  return loaded;
}

let resetsSignals: boolean | undefined;

/** Whether this machine's `env` gives a program back the signals that a shell ignores for it: found out once. */
async function canResetSignals(): Promise<boolean> {
  if (resetsSignals !== undefined) return resetsSignals;
  const args = ['--default-signal=INT,QUIT', 'true'];
  const options = { env: { PATH: defaultPath }, timeoutMs: envTimeoutMs };
  const { code } = await runCommand('/usr/bin/env', args, options).catch(() => ({ code: null }));
  if (code !== null) resetsSignals = code === 0; // else it had no room to start, and is asked again
  return code === 0;
}

/**
 * Writes all that the launcher needs into `folder`, which must not exist. Returns the names of variables that a shell
 * cannot hand on and that were therefore left out.
 */
export async function prepareRunFolder(
  folder: string,
  spec: LaunchSpec,
): Promise<{ readonly droppedVariables: readonly string[] }> {
  assertLaunchable(spec);
  const droppedVariables: string[] = [];
  const lines: string[] = [];
  const env = { PATH: defaultPath, ...spec.env, [runMark]: spec.runId };
  for (const [name, value] of Object.entries(env)) {
    if (daemonOnly.test(name)) continue;
    if (!shellName.test(name) || shellOwned.test(name)) droppedVariables.push(name);
    else lines.push(`export ${name}=${quote(value)}\n`);
  }
  const meta = { layout: layoutVersion, run_id: spec.runId, input: spec.input };

  await mkdir(folder, { mode: 0o700 });
  const write = (name: string, content: string | Uint8Array) =>
    writeFile(join(folder, name), content, { mode: 0o600, flag: 'wx' });
  const failed = join(folder, runFiles.setUpFailed);
  const argv = spec.setUp === undefined ? spec.argv : afterSetUp(spec.setUp, { failed, argv: spec.argv });
  await write(runFiles.argv, `set -- ${argv.map(quote).join(' ')}\n`);
  await write(runFiles.cwd, `cwd=${quote(spec.cwd)}\n`);
  await write(runFiles.env, lines.join(''));
  await write(runFiles.mark, `${makeLimitMark(spec.runId, readLockLimit(process.pid))}\n`);
  if (await canResetSignals()) await write(runFiles.reset, '');
  if (spec.input === 'fifo') await write(runFiles.input, 'fifo\n');
  else if (spec.stdin !== undefined) await write(runFiles.stdin, spec.stdin);
  await write(runFiles.stdout, '');
  await write(runFiles.stderr, '');
  const scripts = loadScripts();
  await write(runFiles.launcherScript, scripts.launcher);
  if (spec.hasTerminal === true) await write(runFiles.terminalScript, scripts.terminal);
  // Last and at once: a folder with meta.json is whole, also after a crash between any two of these lines.
  await writeFileAtomic(join(folder, runFiles.meta), `${JSON.stringify(meta)}\n`);
  return { droppedVariables };
}

/** Reads `meta.json`. Throws `internal` for a folder that is none of ours, or of a layout that this code cannot read. */
export async function readMeta(folder: string): Promise<RunFolderMeta> {
  const path = join(folder, runFiles.meta);
  let meta: { layout?: unknown; run_id?: unknown; input?: unknown };
  try {
    meta = JSON.parse(readFileSync(path, 'utf8')) as typeof meta;
  } catch (error) {
    throw new AppError('internal', `Run folder '${basename(folder)}' has no readable meta.json`, {
      cause: error,
    });
  }
  const { layout, run_id: runId, input } = meta;
  if (layout !== layoutVersion || typeof runId !== 'string' || (input !== 'fifo' && input !== 'none')) {
    throw new AppError(
      'internal',
      `Run folder '${basename(folder)}' has layout ${String(layout)}, this drover reads ${layoutVersion}`,
    );
  }
  return { layout, runId, input };
}

/** `text` as one word of a POSIX shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function assertLaunchable(spec: LaunchSpec): void {
  const texts = [...spec.argv, spec.cwd, ...Object.values(spec.env)];
  if (spec.argv.length === 0 || spec.argv[0] === '') {
    throw new AppError('invalid_request', 'The agent has no command to start');
  }
  if (!spec.cwd.startsWith('/')) {
    throw new AppError('invalid_request', `The working folder '${spec.cwd}' is not absolute`);
  }
  if (texts.some((text) => text.includes('\0'))) {
    throw new AppError('invalid_request', 'An argument or variable of the agent holds a NUL byte', {
      hint: 'No program can be given one; remove it',
    });
  }
}
