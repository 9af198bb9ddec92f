import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, type CommandResult, type Log, runCommand, systemClock } from '../../base/index.ts';
import { AppError } from '../../contract/index.ts';
import { findGit, fixedEnvironment } from './environment.ts';
import { asEnvironment, fixedSettings, neutralise, type Setting } from './overrides.ts';
import { createKeyedQueue, type KeyedQueue } from './queue.ts';

export type GitOptions = {
  /** Environment to take PATH, HOME and TMPDIR from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly clock?: Clock;
};

export type GitCall = {
  readonly timeoutMs?: number;
  /**
   * The operator trusts the repository: its filters and the operator's own configuration (git-lfs) work. Otherwise no
   * driver runs, so files under a filter are checked out as they are stored: a git-lfs file as its pointer.
   */
  readonly trusted?: boolean;
  /** Pins the repository instead of looking for it from `cwd`. */
  readonly gitDir?: string;
  readonly workTree?: string;
  readonly indexFile?: string;
  /** New objects go here; the repository's own are only read. */
  readonly scratchObjects?: { readonly path: string; readonly alternate: string };
  readonly settings?: readonly Setting[];
  readonly stdin?: string | Uint8Array;
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
  /** Paths on the line are patterns: `*` stands for part of a name, `**` for folders. */
  readonly hasPatterns?: boolean;
  /** Exit codes that are an answer; 0 alone unless told. */
  readonly okCodes?: readonly number[];
  /** Who a commit is by. */
  readonly identity?: { readonly name: string; readonly email: string };
};

export type GitResult = {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Output went over `maxOutputBytes` and was cut. */
  readonly truncated: boolean;
};

/** The one door to git. */
export type Git = {
  /** Runs one git command. Throws `git_failed`, or `repo_unusable` for a configuration that cannot be made harmless. */
  readonly run: (cwd: string, args: readonly string[], call?: GitCall) => Promise<GitResult>;
  /** Runs `work` when no other work of the same repository runs: changes of ours never meet each other's locks. */
  readonly exclusive: KeyedQueue;
};

export const defaultTimeoutMs = 60_000;
/** Reading a configuration is quick; one that hangs includes a FIFO. */
export const configTimeoutMs = 5_000;
/** Waits between tries while somebody else's git holds a lock: about 4 s in all. */
export const lockRetryMs: readonly number[] = [20, 50, 100, 200, 400, 800, 1000, 1500];

/** These read nothing but references and configuration: no driver can be reached. */
const driverless: ReadonlySet<string> = new Set(['config', 'rev-parse', 'symbolic-ref', 'check-ref-format']);
const diffs: ReadonlySet<string> = new Set(['diff', 'diff-tree', 'diff-index', 'diff-files', 'log', 'show']);

/** Makes the door: finds git once. Throws `git_missing` when there is none. */
export function createGit({ env, log, clock = systemClock }: GitOptions): Git {
  const file = findGit(fixedEnvironment(env, false).PATH ?? '');

  const start = async (
    cwd: string,
    args: readonly string[],
    call: GitCall,
    settings: readonly Setting[],
  ): Promise<CommandResult> => {
    const identity = call.identity ?? { name: 'drover', email: 'drover@localhost' };
    const environment: Record<string, string> = {
      ...fixedEnvironment(env, call.trusted ?? false),
      ...asEnvironment([...fixedSettings, ...settings, ...(call.settings ?? [])]),
      GIT_AUTHOR_NAME: identity.name,
      GIT_AUTHOR_EMAIL: identity.email,
      GIT_COMMITTER_NAME: identity.name,
      GIT_COMMITTER_EMAIL: identity.email,
      ...(call.hasPatterns ? { GIT_LITERAL_PATHSPECS: '0', GIT_GLOB_PATHSPECS: '1' } : {}),
      ...placeOf(call),
    };
    try {
      return await runCommand(file, args, {
        cwd,
        env: environment,
        timeoutMs: call.timeoutMs ?? defaultTimeoutMs,
        ...(call.stdin === undefined ? {} : { stdin: call.stdin }),
        ...(call.maxOutputBytes === undefined ? {} : { maxOutputBytes: call.maxOutputBytes }),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      });
    } catch (error) {
      if (!existsSync(cwd))
        throw new AppError('repo_unusable', `The folder ${cwd} is gone`, { cause: error });
      throw new AppError('git_failed', `git ${args[0]} could not be started`, { cause: error });
    }
  };

  /** The operator's own list of files to ignore, also where their other configuration is not read. */
  let excludesFile: Promise<string> | undefined;
  const findExcludesFile = async (): Promise<string> => {
    const { HOME: home = '/', XDG_CONFIG_HOME: config = join(home, '.config') } = fixedEnvironment(env, true);
    const args = ['config', '--global', '--type=path', '--get', 'core.excludesFile'];
    const found = await start('/', args, { trusted: true, timeoutMs: configTimeoutMs }, []);
    return found.stdout.toString().replace(/\n$/, '') || join(config, 'git', 'ignore');
  };

  const driversHere = async (cwd: string, call: GitCall): Promise<readonly Setting[]> => {
    const { stdin: _, ...place } = call;
    const listed = await start(
      cwd,
      ['config', '--list', '-z', '--includes'],
      { ...place, timeoutMs: configTimeoutMs },
      [],
    );
    if (listed.code !== 0) throw failed(['config'], listed, configTimeoutMs);
    return neutralise(listed.stdout);
  };

  const run: Git['run'] = async (cwd, args, call = {}) => {
    const hardened = harden(args);
    for (let attempt = 0; ; attempt += 1) {
      const drivers = call.trusted || driverless.has(args[0] ?? '') ? [] : await driversHere(cwd, call);
      excludesFile ??= findExcludesFile();
      const ignored: Setting = ['core.excludesFile', await excludesFile];
      const result = await start(cwd, hardened, call, [...drivers, ignored]);
      const { code } = result;
      if (result.truncated || (code !== null && (call.okCodes ?? [0]).includes(code))) {
        return {
          code: code ?? 0,
          stdout: result.stdout,
          stderr: result.stderr.toString(),
          truncated: result.truncated,
        };
      }
      const waitMs = lockRetryMs[attempt];
      if (waitMs === undefined || !isLocked(result.stderr.toString())) {
        throw failed(args, result, call.timeoutMs ?? defaultTimeoutMs);
      }
      log.debug('git waits for a lock', { command: args[0], waitMs });
      await clock.sleep(waitMs, call.signal);
    }
  };

  return { run, exclusive: createKeyedQueue() };
}

/** Options that a command needs on its line, because a configuration key alone can be undone by .gitmodules or a driver. */
function harden(args: readonly string[]): readonly string[] {
  const [command = '', ...rest] = args;
  if (diffs.has(command)) return ['--no-pager', command, '--no-ext-diff', '--no-textconv', ...rest];
  if (command === 'status') return ['--no-pager', command, '--ignore-submodules=all', ...rest];
  return ['--no-pager', command, ...rest];
}

function placeOf(call: GitCall): Record<string, string> {
  const place: Record<string, string> = {};
  if (call.gitDir !== undefined) place.GIT_DIR = call.gitDir;
  if (call.workTree !== undefined) place.GIT_WORK_TREE = call.workTree;
  if (call.indexFile !== undefined) place.GIT_INDEX_FILE = call.indexFile;
  if (call.scratchObjects !== undefined) {
    place.GIT_OBJECT_DIRECTORY = call.scratchObjects.path;
    // C-quoted: the variable is a list separated by colons
    place.GIT_ALTERNATE_OBJECT_DIRECTORIES = JSON.stringify(call.scratchObjects.alternate);
  }
  return place;
}

/** True when git says that another process holds a lock file. */
export function isLocked(stderr: string): boolean {
  return /\.lock': File exists|could not lock config file/.test(stderr);
}

function failed(args: readonly string[], result: CommandResult, timeoutMs: number): AppError {
  const lines = result.stderr.toString().trim().split('\n');
  const last = lines.findLast((line) => /^(fatal|error):/.test(line)) ?? lines.at(-1) ?? '';
  const how = result.timedOut
    ? `git ${args[0]} took longer than ${timeoutMs / 1000} s`
    : `git ${args[0]} failed: ${last === '' ? `exit ${result.code ?? result.signal}` : last.slice(0, 500)}`;
  return new AppError('git_failed', how, { fields: { stderr: lines.join('\n').slice(0, 4000) } });
}
