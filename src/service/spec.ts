import { resolve } from 'node:path';
import { defaultProfile, type Paths } from '../base/index.ts';
import type { ServiceSpec } from './types.ts';

/** What a service is built from: the places as this call sees them, and what the person gave. */
export type SpecInput = {
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly user: string;
  /** As this call sees it, `$HOME`, and as the system's list of users has it. */
  readonly home: string;
  readonly homeOfUser: string;
  readonly node: string;
  readonly program: string;
  readonly path: string;
  /** Where the daemon will listen: `paths.socket`, unless the configuration has another one. */
  readonly socket: string;
  readonly given: {
    readonly config: string | undefined;
    readonly stateRoot: string | undefined;
    readonly addr: string | undefined;
  };
  readonly socketActivation: boolean;
};

/** Variables that decide where things are. Nothing else of the environment goes into a unit. */
const placeVariables = ['XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'DROVER_CONFIG', 'DROVER_STATE_ROOT'] as const;

/**
 * Builds the spec. A socket that was named, by option or by `$DROVER_SOCKET`, becomes an option: the `--profile` of a
 * named profile would win over the variable.
 */
export function buildSpec(input: SpecInput): ServiceSpec {
  const { paths, given } = input;
  const options = {
    '--profile': paths.profile === defaultProfile ? undefined : paths.profile,
    '--state-root': given.stateRoot === undefined ? undefined : paths.stateRoot,
    '--socket': paths.socketFrom === 'computed' ? undefined : paths.socket,
    '--config': given.config === undefined ? undefined : paths.config,
    '--addr': given.addr,
  };
  const environment: Record<string, string> = {};
  if (input.home !== input.homeOfUser) environment.HOME = input.home;
  for (const name of placeVariables) {
    const value = input.env[name];
    if (!value) continue;
    if (name.startsWith('DROVER_')) environment[name] = resolve(input.cwd, value);
    else if (value.startsWith('/')) environment[name] = value;
  }
  return {
    profile: paths.profile,
    node: input.node,
    program: input.program,
    args: Object.entries(options).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}`],
    ),
    path: input.path,
    user: input.user,
    home: input.home,
    environment,
    stateRoot: paths.stateRoot,
    socket: input.socket,
    logs: paths.logs,
    socketActivation: input.socketActivation,
  };
}
