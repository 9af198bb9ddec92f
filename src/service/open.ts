import { AppError } from '../contract/index.ts';
import { systemdManager } from './systemd/index.ts';
import type { ServiceManager, ServiceWorld } from './types.ts';

/**
 * The service manager of this machine. Throws `service_unavailable` where there is none, or where it does not answer,
 * with what is missing.
 */
export async function serviceManager(world: ServiceWorld): Promise<ServiceManager> {
  if (world.platform === 'linux') return systemdManager(world);
  throw new AppError('service_unavailable', `drover knows no service manager of ${world.platform}`, {
    hint: 'start the daemon without one: drover daemon start',
  });
}
