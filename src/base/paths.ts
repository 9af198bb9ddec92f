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
  /**
   * By flag or environment, and not where the profile has its own anyway: a client then means the daemon of that very
   * state root and no other, and the computed socket lies in it.
   */
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
 * wins over `$DROVER_SOCKET`. Throws on a name that `isProfileName` refuses.
 *
 * `$DROVER_STATE_ROOT` is the folder of the unnamed profile, below which a named one has `profiles/NAME`. Within a run
 * it is the very folder of the run's own daemon, as `$DROVER_SOCKET` is its socket: neither counts for another one.
 */
export function computePaths(input: PathInput): Paths {
  const { env, cwd } = input;
  const flags = input.flags ?? {};
  const profile = profileOf(input);
  if (!isProfileName(profile)) throw new RangeError(`'${profile}' is not a profile name`);
  const within = foldersOf(profile);
  const named = (path: string | undefined) =>
    nonEmpty(path) === undefined ? undefined : resolve(cwd, path ?? '');

  const configRoot = absolute(env.XDG_CONFIG_HOME) ?? join(input.home, '.config');
  const namedConfig = named(flags.config) ?? named(env.DROVER_CONFIG);

  const usualRoot = join(
    absolute(env.XDG_STATE_HOME) ?? join(input.home, '.local', 'state'),
    'drover',
    ...within,
  );
  const run = runOf(env);
  const envRoot = named(env.DROVER_STATE_ROOT);
  const namedRoot = named(flags.stateRoot) ?? (envRoot && stateRootBelow(envRoot, profile, run));
  const stateRoot = namedRoot ?? usualRoot;
  const isStateRootNamed = stateRoot !== usualRoot;

  const isOfAnother =
    run === null || envRoot === undefined ? nonEmpty(flags.profile) !== undefined : stateRoot !== envRoot;
  const flagSocket = named(flags.socket);
  const envSocket = isOfAnother ? undefined : named(env.DROVER_SOCKET);

  return {
    profile,
    config: namedConfig ?? join(configRoot, 'drover', ...within, 'daemon.toml'),
    isConfigNamed: namedConfig !== undefined,
    stateRoot,
    isStateRootNamed,
    socket: flagSocket ?? envSocket ?? computedSocket(input, { stateRoot, isStateRootNamed, within }),
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

/** Whose daemon started the run that this is the environment of, or null outside of runs. */
function runOf(env: PathInput['env']): { readonly profile: string } | null {
  if (nonEmpty(env.DROVER_RUN_ID) === undefined) return null;
  return { profile: nonEmpty(env.DROVER_PROFILE) ?? defaultProfile };
}

/** What `$DROVER_STATE_ROOT` says for a profile. */
function stateRootBelow(root: string, profile: string, run: { readonly profile: string } | null): string {
  if (run?.profile === profile) return root;
  const tail = run === null ? '' : join('/', ...foldersOf(run.profile));
  const base = tail.length > 1 && root.endsWith(tail) ? root.slice(0, -tail.length) : root;
  return join(base, ...foldersOf(profile));
}

function foldersOf(profile: string): readonly string[] {
  return profile === defaultProfile ? [] : ['profiles', profile];
}

type SocketPlace = {
  readonly stateRoot: string;
  readonly isStateRootNamed: boolean;
  readonly within: readonly string[];
};

/** A state root of one's own has its socket in it, unless its path is too long for one on some system. */
function computedSocket(input: PathInput, { stateRoot, isStateRootNamed, within }: SocketPlace): string {
  const ownSocket = join(stateRoot, 'drover.sock');
  if (isStateRootNamed && Buffer.byteLength(ownSocket) <= maxSocketPathBytes('darwin')) return ownSocket;
  const runtime = absolute(input.env.XDG_RUNTIME_DIR);
  if (runtime !== undefined) return join(runtime, 'drover', ...within, 'drover.sock');
  const folder = `/tmp/drover-${input.uid}`;
  const owner = input.ownerOf(folder);
  if (owner !== null && owner !== input.uid) return ownSocket;
  return join(folder, ...within, 'drover.sock');
}

/** The XDG specification: an empty or a relative path counts as not set. */
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') ? path : undefined;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
