import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { defaultProfile, isProfileName, type Paths } from '../base/index.ts';
import { type Env, machinePaths } from './endpoint-file.ts';

/** What is on disk of a profile. */
export type KnownProfile = {
  readonly name: string;
  readonly paths: Paths;
  readonly hasConfig: boolean;
  readonly hasState: boolean;
};

/** The folders below which profiles lie. */
export type ProfilePlaces = {
  readonly env: Env;
  readonly cwd: string;
  readonly stateRoot?: string | undefined;
};

/**
 * The profiles that have a configuration or a state folder, the unnamed one first and the others by name; with `also`
 * those names too. Nothing is opened and nobody is asked.
 */
export function knownProfiles(places: ProfilePlaces, also: readonly string[] = []): KnownProfile[] {
  const base = pathsOf(places, defaultProfile);
  const configs = join(base.config, '..', 'profiles');
  const states = join(base.stateRoot, 'profiles');
  const names = new Set([
    ...foldersIn(configs).filter((name) => isThere(join(configs, name, 'daemon.toml'))),
    ...foldersIn(states),
    ...also,
  ]);
  names.delete(defaultProfile);
  const first: KnownProfile = {
    name: defaultProfile,
    paths: base,
    hasConfig: isThere(base.config),
    hasState: isThere(base.instanceLock) || isThere(base.database),
  };
  const others = [...names].filter(isProfileName).toSorted();
  return [
    ...(first.hasConfig || first.hasState || also.includes(defaultProfile) ? [first] : []),
    ...others.map((name) => {
      const paths = pathsOf(places, name);
      return { name, paths, hasConfig: isThere(paths.config), hasState: isThere(paths.stateRoot) };
    }),
  ];
}

/** The places of a profile by its name alone: what this shell says of one daemon's socket or file is not every one's. */
function pathsOf({ env, cwd, stateRoot }: ProfilePlaces, profile: string): Paths {
  const own = {
    ...env,
    DROVER_SOCKET: undefined,
    DROVER_CONFIG: undefined,
    ...(stateRoot === undefined ? {} : { DROVER_STATE_ROOT: stateRoot, DROVER_RUN_ID: undefined }),
  };
  return machinePaths({ profile }, own, cwd);
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path).filter((name) =>
      statSync(join(path, name), { throwIfNoEntry: false })?.isDirectory(),
    );
  } catch {
    return []; // none, or closed to us: there is nothing to tell of it
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // a file stands where its folder should be
  }
}
