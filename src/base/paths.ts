import { join, resolve } from 'node:path';

/** What a command line may say about places. Each wins over the environment. */
export type PathFlags = {
  readonly profile?: string | undefined;
  readonly config?: string | undefined;
  readonly stateRoot?: string | undefined;
  readonly socket?: string | undefined;
};

/** Everything the places depend on, passed in so that the computation is pure. */
export type PathInput = {
  readonly flags?: PathFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly home: string;
  readonly cwd: string;
  /** Owner of a folder, or null when nothing is there: asked only about `/tmp/drover-<uid>`. */
  readonly ownerOf: (path: string) => number | null;
};

/** Where one profile's daemon keeps its things (contract §2). */
export type Paths = {
  /** `default` for the unnamed one. */
  readonly profile: string;
  readonly config: string;
  /** A configuration that was named must exist; the default one may be missing. */
  readonly isConfigNamed: boolean;
  readonly stateRoot: string;
  /** By flag or environment: a client then means the daemon of that very state root and no other. */
  readonly isStateRootNamed: boolean;
  readonly socket: string;
  /** `computed` gives way to the configuration's `socket_path`. */
  readonly socketFrom: 'flag' | 'env' | 'computed';
  readonly pidFile: string;
  readonly endpointFile: string;
  readonly instanceLock: string;
  readonly database: string;
  readonly runs: string;
  readonly logs: string;
  readonly worktrees: string;
};

/** The profile that adds nothing to any path. */
export const defaultProfile = 'default';

/**
 * Set for a daemon that was started detached: its stderr is a plain file that holds only what a crash leaves, so the log
 * does not go there too.
 */
export const detachedVariable = 'DROVER_DETACHED';

/** True for a name that `--profile` takes. */
export function isProfileName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,30}$/.test(name);
}

/** Bytes that a Unix socket's path may have, without the closing NUL. */
export function maxSocketPathBytes(platform: NodeJS.Platform): number {
  return platform === 'linux' ? 107 : 103;
}

/** The name of the profile: the flag, else `$DROVER_PROFILE`, else `default`. */
export function profileOf(input: Pick<PathInput, 'flags' | 'env'>): string {
  return nonEmpty(input.flags?.profile) ?? nonEmpty(input.env.DROVER_PROFILE) ?? defaultProfile;
}

/**
 * Computes every place of a profile. An explicit `--state-root` or `--socket` wins over the profile; a `--profile` flag
 * wins over `$DROVER_SOCKET`, which a run's own environment may carry. Throws on a name that `isProfileName` refuses.
 */
export function computePaths(input: PathInput): Paths {
  const { env, cwd } = input;
  const flags = input.flags ?? {};
  const profile = profileOf(input);
  if (!isProfileName(profile)) throw new RangeError(`'${profile}' is not a profile name`);
  const within = profile === defaultProfile ? [] : ['profiles', profile];
  const named = (path: string | undefined) =>
    nonEmpty(path) === undefined ? undefined : resolve(cwd, path ?? '');

  const configRoot = absolute(env.XDG_CONFIG_HOME) ?? join(input.home, '.config');
  const namedConfig = named(flags.config) ?? named(env.DROVER_CONFIG);

  const envStateRoot = named(env.DROVER_STATE_ROOT);
  const stateBase =
    envStateRoot ?? join(absolute(env.XDG_STATE_HOME) ?? join(input.home, '.local', 'state'), 'drover');
  const stateRoot = named(flags.stateRoot) ?? join(stateBase, ...within);

  const flagSocket = named(flags.socket);
  const envSocket = nonEmpty(flags.profile) === undefined ? named(env.DROVER_SOCKET) : undefined;

  return {
    profile,
    config: namedConfig ?? join(configRoot, 'drover', ...within, 'daemon.toml'),
    isConfigNamed: namedConfig !== undefined,
    stateRoot,
    isStateRootNamed: nonEmpty(flags.stateRoot) !== undefined || envStateRoot !== undefined,
    socket: flagSocket ?? envSocket ?? computedSocket(input, stateRoot, within),
    socketFrom: flagSocket !== undefined ? 'flag' : envSocket !== undefined ? 'env' : 'computed',
    pidFile: join(stateRoot, 'daemon.pid'),
    endpointFile: join(stateRoot, 'daemon.json'),
    instanceLock: join(stateRoot, 'instance.lock'),
    database: join(stateRoot, 'drover.db'),
    runs: join(stateRoot, 'runs'),
    logs: join(stateRoot, 'logs'),
    worktrees: join(stateRoot, 'worktrees'),
  };
}

function computedSocket(input: PathInput, stateRoot: string, within: readonly string[]): string {
  const runtime = absolute(input.env.XDG_RUNTIME_DIR);
  if (runtime !== undefined) return join(runtime, 'drover', ...within, 'drover.sock');
  const folder = `/tmp/drover-${input.uid}`;
  const owner = input.ownerOf(folder);
  if (owner !== null && owner !== input.uid) return join(stateRoot, 'drover.sock');
  return join(folder, ...within, 'drover.sock');
}

/** The XDG specification: an empty or a relative path counts as not set. */
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') ? path : undefined;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
