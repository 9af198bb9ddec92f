/** The built product in a world of its own: a HOME, a state root, a socket, and the real command line. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/base/index.ts';
import type { Event, Run, Status } from '../../src/contract/index.ts';
import { type Answer, call } from './http-server.ts';
import { patienceMs, until } from './until.ts';

/** Each look is a request, or goes through all processes: what is waited for takes longer than this. */
export const lookPauseMs = 20;
const project = fileURLToPath(new URL('../..', import.meta.url));

/** What a command said and how it ended. */
export type Said = { readonly code: number | null; readonly out: string; readonly err: string };

export type CommandOptions = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** A shell line to run first in the same process, such as `ulimit -n 64`. */
  readonly before?: string;
};

export type World = {
  /** Removed with everything in it at the end. */
  readonly root: string;
  readonly home: string;
  readonly stateRoot: string;
  readonly socket: string;
  readonly config: string;
  readonly env: Readonly<Record<string, string>>;
  /** The file that node runs as `drover`. */
  readonly program: string;
  /** Runs `drover ARGS` to its end. */
  readonly drover: (args: string, options?: CommandOptions) => Promise<Said>;
  /** The same with arguments that hold spaces. */
  readonly run: (argv: readonly string[], options?: CommandOptions) => Promise<Said>;
  /** Runs `drover … --json`, which must end with 0, and parses what it printed. */
  readonly json: <T>(argv: readonly string[], options?: CommandOptions) => Promise<T>;
  readonly http: (method: string, path: string, options?: HttpOptions) => Promise<Answer>;
  readonly configure: (toml: string) => void;
  readonly status: () => Promise<Status>;
  readonly show: (run: string) => Promise<Run>;
  /** Waits until the run is in one of these states. */
  readonly reach: (run: string, ...states: Run['status'][]) => Promise<Run>;
  /** Starts a run of a shell line and gives its object. */
  readonly start: (script: string, ...options: string[]) => Promise<Run>;
  readonly events: (run?: string) => Promise<Event[]>;
  /** Makes a git repository with one commit. */
  readonly repository: (path: string) => Promise<string>;
  readonly git: (cwd: string, ...args: string[]) => Promise<string>;
  readonly close: () => Promise<void>;
};

export type HttpOptions = { readonly headers?: Record<string, string>; readonly body?: unknown };

let built: Promise<string> | undefined;

/** Bundles the product once for this process; `DROVER_DIST` names one that is there already. */
function program(): Promise<string> {
  built ??= (async () => {
    if (process.env.DROVER_DIST) return join(process.env.DROVER_DIST, 'main.js');
    const out = mkdtempSync(join(tmpdir(), 'drover-dist-'));
    process.once('exit', () => rmSync(out, { recursive: true, force: true }));
    const result = await runCommand(process.execPath, [join(project, 'scripts/build.ts'), `--out=${out}`], {
      env: { PATH: process.env.PATH ?? '' },
      timeoutMs: 60_000,
    });
    if (result.code !== 0) throw new Error(result.stderr.toString());
    return join(out, 'main.js');
  })();
  return built;
}

/** Makes a world, of the product of today or of another build. Nothing runs in it yet. */
export async function createWorld(mainOf = program): Promise<World> {
  const main = await mainOf();
  const root = mkdtempSync(join(tmpdir(), 'drover-e2e-'));
  const home = join(root, 'home');
  const runtime = join(root, 'run');
  for (const folder of [home, runtime]) mkdirSync(folder, { mode: 0o700 });
  const env = { HOME: home, PATH: process.env.PATH ?? '', XDG_RUNTIME_DIR: runtime, LANG: 'C.UTF-8' };
  const stateRoot = join(home, '.local/state/drover');
  const socket = join(runtime, 'drover/drover.sock');
  const config = join(home, '.config/drover/daemon.toml');

  const run: World['run'] = async (argv, options = {}) => {
    const shell = options.before === undefined ? [] : ['-c', `${options.before} && exec "$0" "$@"`];
    const [file, ...args] = [
      ...(shell.length === 0 ? [] : ['sh', ...shell]),
      process.execPath,
      main,
      ...argv,
    ];
    const result = await runCommand(file ?? '', args, {
      cwd: options.cwd ?? home,
      env: { ...env, ...options.env },
      timeoutMs: 60_000,
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
    });
    return { code: result.code, out: result.stdout.toString(), err: result.stderr.toString() };
  };
  const json: World['json'] = async (argv, options) => {
    const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
    const said = await run([...argv.slice(0, end), '--json', ...argv.slice(end)], options);
    if (said.code !== 0) throw new Error(`drover ${argv.join(' ')}: exit ${said.code}: ${said.err}`);
    return JSON.parse(said.out);
  };
  const http: World['http'] = (method, path, { headers = {}, body } = {}) =>
    call({ socket }, method, path, {
      headers: {
        host: 'localhost',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const show: World['show'] = async (id) => (await http('GET', `/v1/runs/${id}`)).json as unknown as Run;
  const git: World['git'] = async (cwd, ...args) => {
    const result = await runCommand('git', ['-c', 'user.name=T', '-c', 'user.email=t@localhost', ...args], {
      cwd,
      env,
      timeoutMs: 60_000,
    });
    if (result.code !== 0) throw new Error(`git ${args.join(' ')}: ${result.stderr.toString()}`);
    return result.stdout.toString();
  };
  return {
    root,
    home,
    stateRoot,
    socket,
    config,
    env,
    program: main,
    run,
    drover: (args, options) => run(args.split(' '), options),
    json,
    http,
    configure: (toml) => {
      mkdirSync(dirname(config), { recursive: true });
      writeFileSync(config, toml);
    },
    status: async () => (await http('GET', '/v1/status')).json as unknown as Status,
    show,
    reach: (id, ...states) =>
      until(
        `${id} to be ${states.join(' or ')}`,
        async () => {
          const found = await show(id);
          return states.includes(found.status) ? found : null;
        },
        patienceMs,
        lookPauseMs,
      ),
    start: (script, ...options) =>
      json<Run>(['run', '--bg', ...options, '--agent', 'command', '--', 'sh', '-c', script]),
    events: async (id) => {
      const path = id === undefined ? '/v1/events' : `/v1/runs/${id}/events`;
      const answer = await http('GET', `${path}?limit=0`, { headers: { accept: 'application/json' } });
      return (answer.json as { items: Event[] }).items;
    },
    repository: async (path) => {
      mkdirSync(path, { recursive: true });
      await git(path, 'init', '--quiet', '--initial-branch=main');
      writeFileSync(join(path, 'README.md'), 'A repository\n');
      await git(path, 'add', '.');
      await git(path, 'commit', '--quiet', '--message=First');
      return path;
    },
    git,
    close: async () => {
      await endWorld(root);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Makes a world and starts its daemon. */
export async function startWorld(toml = '', ...args: string[]): Promise<World> {
  const world = await createWorld();
  if (toml !== '') world.configure(toml);
  const said = await world.run(['daemon', 'start', ...args]);
  if (said.code === 0) return world;
  await world.close();
  throw new Error(`daemon start: exit ${said.code}: ${said.err}`);
}

/** Ends every process that lives by a file below `root`: its environment or its arguments name it. */
async function endWorld(root: string): Promise<void> {
  const look = () => {
    const left = processesOf(root);
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // gone between the two looks
      }
    }
    return left.length === 0;
  };
  await until('the processes of the test to end', look, patienceMs, lookPauseMs);
}

/** The processes whose arguments or environment name a path below `root`. */
export function processesOf(root: string): number[] {
  const read = (pid: string, name: string) => {
    try {
      return readFileSync(`/proc/${pid}/${name}`, 'latin1');
    } catch {
      return ''; // gone, or another user's
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => read(pid, 'environ').includes(root) || read(pid, 'cmdline').includes(root))
    .map(Number);
}

/** Makes a file that only this user can read. */
export function writePrivate(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o600);
  return path;
}
