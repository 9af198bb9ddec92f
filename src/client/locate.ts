import { readFileSync } from 'node:fs';
import { isProfileName, type PathFlags, type Paths, profileOf } from '../base/index.ts';
import { AppError } from '../contract/index.ts';
import { type Env, locateSocket, machinePaths } from './endpoint-file.ts';

/** Where a daemon listens and what to show it. */
export type Endpoint = { readonly token: string | undefined } & (
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
);

/** What a command line says about which daemon is meant. */
export type LocateInput = {
  readonly flags: PathFlags & { readonly daemon?: string | undefined };
  readonly env: Env;
  readonly cwd: string;
};

/** The places of the profile that is meant. Throws `usage` for a name no profile can have. */
export function localPaths(input: LocateInput): Paths {
  const profile = profileOf(input);
  if (!isProfileName(profile)) {
    throw new AppError('usage', `'${profile}' cannot be the name of a profile`, {
      hint: 'use 1 to 31 lower-case letters, digits and dashes, starting with a letter or digit',
    });
  }
  return machinePaths(input.flags, input.env, input.cwd);
}

/**
 * Finds the daemon (contract §10.12). `--daemon` names another one, whose token comes from `$DROVER_TOKEN` or
 * `$DROVER_TOKEN_FILE`; over a socket a run's own token is sent by itself. Throws `usage`, `address_invalid`,
 * `token_file_invalid` and, for a named state root without a daemon, `daemon_not_running`.
 */
export function locateDaemon(input: LocateInput): Endpoint {
  const { flags, env } = input;
  if (flags.daemon === undefined) {
    const paths = localPaths(input);
    const path = locateSocket(paths, flags);
    if (path === null) throw noDaemonOf(paths);
    return { kind: 'socket', path, token: env.DROVER_RUN_TOKEN || undefined };
  }
  const token = tokenOf(env);
  if (flags.daemon.includes('/')) {
    return { kind: 'socket', path: flags.daemon, token: token ?? (env.DROVER_RUN_TOKEN || undefined) };
  }
  return { kind: 'tcp', ...parseAddress(flags.daemon), token };
}

function noDaemonOf({ stateRoot }: Paths): AppError {
  return new AppError('daemon_not_running', 'daemon not running', {
    hint: `no daemon runs on the state root ${stateRoot}; start one with: drover daemon start --state-root ${stateRoot}`,
  });
}

/** `HOST:PORT` or `[V6]:PORT` as its parts. Throws `address_invalid`. */
export function parseAddress(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new AppError('address_invalid', `'${text}' is not an address of a daemon`, {
      hint: 'write HOST:PORT such as 127.0.0.1:7777, or the path of a socket',
    });
  }
  return { host, port };
}

function tokenOf(env: Env): string | undefined {
  if (env.DROVER_TOKEN) return env.DROVER_TOKEN;
  if (!env.DROVER_TOKEN_FILE) return undefined;
  try {
    const token = readFileSync(env.DROVER_TOKEN_FILE, 'utf8').trim();
    if (token !== '') return token;
  } catch (error) {
    throw new AppError('token_file_invalid', `Cannot read the token file ${env.DROVER_TOKEN_FILE}`, {
      hint: 'check the path in $DROVER_TOKEN_FILE',
      cause: error,
    });
  }
  throw new AppError('token_file_invalid', `The token file ${env.DROVER_TOKEN_FILE} is empty`, {
    hint: 'write the token into it, or set $DROVER_TOKEN',
  });
}
