import { existsSync } from 'node:fs';
import { computePaths, type Paths } from '../base/index.ts';
import { type LocateInput, localPaths } from '../client/index.ts';
import { isAppError } from '../contract/index.ts';
import {
  findUnitFile,
  hasSocketUnit,
  type InstalledSpec,
  machineWorld,
  readInstalled,
  type ServiceFacts,
  type ServiceManager,
  type ServiceWorld,
  serviceManager,
  unitName,
} from '../service/index.ts';
import type { CliContext, RunDaemonOptions } from './context.ts';

/** A daemon that a service manager keeps: the unit of a profile, as a command means it. */
export type KeptDaemon = {
  readonly profile: string;
  readonly unit: string;
  readonly file: string;
  /** Null when the file cannot be understood. */
  readonly spec: InstalledSpec | null;
  /** What the unit starts the daemon with; null like `spec`. */
  readonly options: RunDaemonOptions | null;
  /** The manager listens, and whoever connects starts the daemon: it is asked nothing unless it runs already. */
  readonly isAsleep: boolean;
  readonly world: ServiceWorld;
};

/**
 * The unit that keeps the daemon which flags and environment mean; null where they mean another one, or none is
 * installed. A unit is meant when it has the same state root and, where a socket was named, that socket. Costs an `lstat`
 * where no unit is installed, and starts no process.
 */
export function keptDaemon(target: LocateInput, context: Pick<CliContext, 'env'>): KeptDaemon | null {
  if (target.flags.daemon !== undefined) return null;
  const paths = localPaths(target);
  const { profile } = paths;
  const world = machineWorld(context.env);
  const file = findUnitFile(profile, world);
  if (file === null) return null;
  const { spec } = readInstalled(file, world.platform);
  const options = spec === null ? null : optionsOf(spec, context.env, world);
  const isMeant = options === null ? !isNamed(paths) : isSameDaemon(paths, options.paths);
  if (!isMeant) return null;
  return {
    profile,
    unit: unitName(profile, world.platform),
    file,
    spec,
    options,
    isAsleep: !existsSync(paths.endpointFile) && hasSocketUnit(profile, world),
    world,
  };
}

/** The manager of a unit; null, once that was said, where none answers: as in a container that shares the home folder. */
export async function openManager(
  kept: KeptDaemon,
  say: (text: string) => void,
): Promise<ServiceManager | null> {
  try {
    return await serviceManager(kept.world);
  } catch (error) {
    if (!isAppError(error, 'service_unavailable')) throw error;
    say(`warning: ${kept.unit} is installed, but this goes on without it: ${error.message}`);
    return null;
  }
}

/**
 * A start that failed because of its configuration is best explained by what the daemon itself says of it: throws that,
 * with its exit code, else the failure as it is.
 */
export async function throwExplained(
  error: unknown,
  kept: KeptDaemon,
  context: Pick<CliContext, 'checkDaemon'>,
): Promise<never> {
  if (kept.options !== null && isAppError(error, 'service_failed')) await context.checkDaemon(kept.options);
  throw error;
}

/** What a unit does, for a person: `drover.service is failed: the daemon ended with exit code 2`. */
export function unitState({ unit, state, reason, isEnabled }: ServiceFacts): string {
  const why = reason === null ? '' : `: ${reason}`;
  return `${unit} is ${state}${isEnabled ? '' : ' and not enabled'}${why}`;
}

/** Where to read what a unit said. */
export function logCommand({ manager, unit }: Pick<ServiceFacts, 'manager' | 'unit'>): string {
  return manager === 'systemd' ? `journalctl --user -u ${unit} -n 30` : 'drover logs';
}

function isNamed(paths: Paths): boolean {
  return paths.isStateRootNamed || paths.socketFrom !== 'computed';
}

function isSameDaemon(meant: Paths, unit: Paths): boolean {
  return (
    meant.stateRoot === unit.stateRoot && (meant.socketFrom === 'computed' || meant.socket === unit.socket)
  );
}

/** The options of the unit's command line, and the places that it gives with its own environment. */
function optionsOf(
  spec: InstalledSpec,
  env: CliContext['env'],
  world: ServiceWorld,
): RunDaemonOptions | null {
  const value = (name: string) => spec.args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1);
  const flags = {
    profile: value('--profile'),
    config: value('--config'),
    stateRoot: value('--state-root'),
    socket: value('--socket'),
  };
  const unitEnv = { HOME: world.home, XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR, ...spec.environment };
  try {
    const paths = computePaths({
      flags,
      env: unitEnv,
      uid: world.uid,
      home: unitEnv.HOME,
      cwd: '/',
      ownerOf: () => null,
    });
    return {
      ...flags,
      addr: value('--addr'),
      adminToken: undefined,
      readonlyToken: undefined,
      paths,
      env: unitEnv,
    };
  } catch {
    return null; // a name of a profile that somebody wrote into the unit by hand
  }
}
