import { AppError } from '../../contract/index.ts';
import { unitFolders } from '../names.ts';
import type { ServiceWorld } from '../types.ts';
import type { Systemctl } from './systemctl.ts';

/**
 * The folders of units that the manager itself looks into, best first. It may have been started with another HOME or
 * XDG_CONFIG_HOME than this shell has. Throws `service_failed` when they share none.
 */
export async function foldersOfManager(
  world: ServiceWorld,
  systemctl: Systemctl,
): Promise<readonly string[]> {
  const { stdout } = await systemctl.ask(['show', '--property=UnitPath', '--value']);
  const searched = ` ${stdout.trim()} `;
  const folders = unitFolders(world);
  const shared = folders.filter((folder) => searched.includes(` ${folder} `));
  if (shared.length > 0) return shared;
  throw new AppError(
    'service_failed',
    `The systemd user manager does not look for units in ${folders.join(' or ')}`,
    {
      hint: `HOME or XDG_CONFIG_HOME differ from those of ${world.user}’s login: run this in a login shell of ${world.user}`,
    },
  );
}
