import { join } from 'node:path';
import { AppError } from '../contract/index.ts';
import { launchdManager, readInstalledAgent, renderAgentFile } from './launchd/index.ts';
import { unitFolders } from './names.ts';
import { readUnit, renderUnits, systemdManager } from './systemd/index.ts';
import type {
  InstalledSpec,
  ServiceFile,
  ServiceManager,
  ServiceSpec,
  ServiceWorld,
  UnitPlaces,
} from './types.ts';

/** The kinds of service managers that drover knows. */
export type ManagerKind = ServiceManager['kind'];

/**
 * The service manager of this machine. Throws `service_unavailable` where there is none, or where it does not answer,
 * with what is missing.
 */
export async function serviceManager(world: ServiceWorld): Promise<ServiceManager> {
  switch (managerKind(world.platform)) {
    case 'systemd':
      return systemdManager(world);
    case 'launchd':
      return launchdManager(world);
  }
}

/** Which manager a platform has. Throws `service_unavailable` for one that drover does not know. */
export function managerKind(platform: NodeJS.Platform): ManagerKind {
  if (platform === 'linux') return 'systemd';
  if (platform === 'darwin') return 'launchd';
  throw noManager(platform);
}

/** The files of a service as that manager gets them, here or on another machine: asks nobody. */
export function renderService(
  kind: ManagerKind,
  spec: ServiceSpec,
  places: UnitPlaces,
): readonly ServiceFile[] {
  switch (kind) {
    case 'systemd': {
      const [folder = ''] = unitFolders({ ...places, platform: 'linux' });
      return renderUnits(spec).map(({ name, text }) => ({ path: join(folder, name), text }));
    }
    case 'launchd':
      return [renderAgentFile(spec, places)];
  }
}

/** Reads a unit file: whether somebody edited it, and what it says. Asks no manager. */
export function readInstalled(
  file: string,
  platform: NodeJS.Platform,
): { readonly isEdited: boolean; readonly spec: InstalledSpec | null } {
  return platform === 'darwin' ? readInstalledAgent(file) : readUnit(file);
}

function noManager(platform: NodeJS.Platform): AppError {
  return new AppError('service_unavailable', `drover knows no service manager of ${platform}`, {
    hint: 'start the daemon without one: drover daemon start',
  });
}
