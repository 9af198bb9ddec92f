import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defaultProfile, isProfileName } from '../base/index.ts';
import type { UnitPlaces } from './types.ts';

/** The variable that tells the daemon which service it is: `systemd:drover.service`, `launchd:dev.drover.daemon`. */
export const serviceVariable = 'DROVER_SERVICE';

/** `drover.service`, or `drover-NAME.service` of a named profile. */
export function serviceUnit(profile: string): string {
  return `${unitStem(profile)}.service`;
}

/** `drover.socket`, or `drover-NAME.socket` of a named profile. */
export function socketUnit(profile: string): string {
  return `${unitStem(profile)}.socket`;
}

/** `dev.drover.daemon`, or `dev.drover.daemon.NAME` of a named profile. */
export function launchdLabel(profile: string): string {
  return profile === defaultProfile ? 'dev.drover.daemon' : `dev.drover.daemon.${profile}`;
}

/** What the manager of this platform calls the service of a profile. */
export function unitName(profile: string, platform: NodeJS.Platform): string {
  return platform === 'darwin' ? launchdLabel(profile) : serviceUnit(profile);
}

/**
 * The folders where the files of units may lie, best first. A systemd user manager was perhaps started without the
 * XDG_CONFIG_HOME of this shell, so both are looked at.
 */
export function unitFolders({ platform, env, home }: UnitPlaces): readonly string[] {
  if (platform === 'darwin') return [join(home, 'Library', 'LaunchAgents')];
  const named = env.XDG_CONFIG_HOME?.startsWith('/') ? [env.XDG_CONFIG_HOME] : [];
  const roots = new Set([...named, join(home, '.config')]);
  return [...roots].map((root) => join(root, 'systemd', 'user'));
}

/** The unit file of a profile, or null when there is none: an `lstat` per folder and no process. */
export function findUnitFile(profile: string, places: UnitPlaces): string | null {
  const file = places.platform === 'darwin' ? `${launchdLabel(profile)}.plist` : serviceUnit(profile);
  for (const folder of unitFolders(places)) {
    const path = join(folder, file);
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return path;
  }
  return null;
}

/** True when a unit file of this profile is there; cheap enough for every start and stop. */
export function hasUnitFile(profile: string, places: UnitPlaces): boolean {
  return findUnitFile(profile, places) !== null;
}

/** True when the manager may listen for the daemon: whoever connects then starts it. */
export function hasSocketUnit(profile: string, places: UnitPlaces): boolean {
  const file = places.platform === 'linux' ? findUnitFile(profile, places) : null;
  return file !== null && existsSync(join(dirname(file), socketUnit(profile)));
}

/** The profiles that have a unit file, by the names of the files alone. */
export function profilesWithUnits(places: UnitPlaces): readonly string[] {
  const pattern =
    places.platform === 'darwin' ? /^dev\.drover\.daemon(?:\.(.+))?\.plist$/ : /^drover(?:-(.+))?\.service$/;
  const profiles = unitFolders(places)
    .flatMap(namesIn)
    .flatMap((file) => {
      const match = pattern.exec(file);
      return match === null ? [] : [match[1] ?? defaultProfile];
    });
  return [...new Set(profiles)].filter(isProfileName);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no unit was ever installed
  }
}

function unitStem(profile: string): string {
  return profile === defaultProfile ? 'drover' : `drover-${profile}`;
}
