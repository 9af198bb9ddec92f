/** The parts of `npm start` that do not talk to the person: places, programs, the small repository. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where the demo keeps everything it makes: all below the project's folder, but for a socket that would not fit. */
export type Places = {
  readonly root: string;
  readonly demo: string;
  readonly state: string;
  readonly config: string;
  readonly repo: string;
  readonly owner: string;
  readonly socket: string;
  /** A folder outside, made for the socket alone, or null. */
  readonly outside: string | null;
};

export type ProgramOptions = {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** It writes to this terminal itself. */
  readonly shown?: boolean;
};

/** What a program said, and how it ended. */
export type Said = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Where the socket goes when the project's path is too long for one. */
const outsidePrefix = join(tmpdir(), 'drover-demo-');
const socketLimitBytes = process.platform === 'linux' ? 107 : 103;

/** Makes the folders and claims them for this process; the pid of a living `npm start` that has them already is given instead. */
export function preparePlaces(root: string): Places | { readonly takenBy: number } {
  const demo = join(root, '.demo');
  const state = join(demo, 'state');
  const owner = join(demo, 'npm-start.pid');
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const [pid, left] = existsSync(owner) ? readFileSync(owner, 'utf8').split('\n') : [];
  const other = Number.parseInt(pid ?? '', 10);
  if (other > 0 && other !== process.pid && isNpmStart(other)) return { takenBy: other };
  if (left?.startsWith(outsidePrefix)) rmSync(left, { recursive: true, force: true });

  const inside = join(state, 'drover.sock');
  const fits = Buffer.byteLength(inside) <= socketLimitBytes;
  const outside = fits ? null : mkdtempSync(outsidePrefix);
  writeFileSync(owner, `${process.pid}\n${outside ?? ''}\n`);
  const config = join(demo, 'daemon.toml');
  if (!existsSync(config))
    writeFileSync(config, '# The demo works with the defaults: nothing is set here.\n');
  return {
    ...{ root, demo, state, config, owner, outside },
    repo: join(demo, 'hello-drover'),
    socket: outside === null ? inside : join(outside, 'drover.sock'),
  };
}

/** This environment without what would lead drover elsewhere: another daemon's settings, a service manager's sockets. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(DROVER_(?!DEMO_)|LISTEN_|WATCHDOG_|NOTIFY_SOCKET$|JOURNAL_STREAM$|GIT_|NODE_OPTIONS$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/** Runs a program to its end. */
export function runProgram(command: readonly [string, ...string[]], options: ProgramOptions): Promise<Said> {
  const [file, ...args] = command;
  return new Promise((resolve, reject) => {
    const stdio = options.shown ? 'inherit' : 'pipe';
    const child = spawn(file, args, { cwd: options.cwd, env: options.env, stdio: ['ignore', stdio, stdio] });
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

/**
 * The socket of a daemon that an earlier `npm start` left, or null. Only a socket of the demo's own is ever named: a
 * client that is given none falls back to the machine's usual one, and would stop the person's real daemon.
 */
export function leftSocket(places: Pick<Places, 'state'>): string | null {
  let socket: unknown;
  try {
    socket = JSON.parse(readFileSync(join(places.state, 'daemon.json'), 'utf8')).socket;
  } catch {
    return null; // no endpoint file, or none that can be read: nothing was left that could be named
  }
  if (typeof socket !== 'string') return null;
  const isInside = socket === join(places.state, 'drover.sock');
  const isOutside = dirname(dirname(socket)) === tmpdir() && socket.startsWith(outsidePrefix);
  return isInside || isOutside ? socket : null;
}

/** Removes what must not be left behind. */
export function leaveDemo(places: Places): void {
  rmSync(places.owner, { force: true });
  if (places.outside !== null) rmSync(places.outside, { recursive: true, force: true });
}

/** Makes the small repository, unless it is there. Whole or not at all: made beside its place, then renamed. */
export async function makeRepository(places: Places): Promise<'made' | 'found' | 'in the way'> {
  const { repo } = places;
  if (existsSync(join(repo, '.git'))) return 'found';
  if (existsSync(repo)) return 'in the way';
  const making = `${repo}.new`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making);
  writeFileSync(join(making, 'README.md'), '# hello-drover\n\nA small repository for the demo of drover.\n');
  const author = ['-c', 'user.name=drover demo', '-c', 'user.email=demo@drover.invalid'];
  await git(making, ['init', '--quiet', '--template=', '--initial-branch=main']);
  await git(making, ['add', 'README.md']);
  await git(making, [...author, '-c', 'commit.gpgSign=false', 'commit', '--quiet', '-m', 'Begin']);
  renameSync(making, repo);
  return 'made';
}

/** `text` as one word of a shell. */
export function quoted(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

async function git(cwd: string, args: readonly string[]): Promise<void> {
  const env = { ...cleanEnvironment(), GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const { code, stderr } = await runProgram(['git', ...args], { cwd, env });
  if (code !== 0) throw new Error(`git ${args[0]} failed in ${cwd}: ${stderr.trim()}`);
}

function isNpmStart(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false; // dead, or another user's: not ours in either case
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('start.ts');
  } catch {
    return true; // no /proc on this system: alive is all that can be known
  }
}
