/**
 * systemd: drover's user units. It owns their text and the orders to the user manager; it promises what the room does,
 * and must not know about launchd.
 */
import { join } from 'node:path';
import { unitFolders } from '../names.ts';
import type { ServiceManager, ServiceWorld } from '../types.ts';
import { inspectUnit } from './inspect.ts';
import { installUnits } from './install.ts';
import { unitOrders } from './orders.ts';
import { renderUnits } from './render.ts';
import { openSystemctl } from './systemctl.ts';
import { uninstallUnits } from './uninstall.ts';

export { readUnit } from './inspect.ts';
export { renderUnits } from './render.ts';

/** The systemd user manager. Throws `service_unavailable` where none answers. */
export async function systemdManager(world: ServiceWorld): Promise<ServiceManager> {
  const systemctl = await openSystemctl(world);
  const [folder = ''] = unitFolders(world);
  return {
    kind: 'systemd',
    render: (spec) => renderUnits(spec).map(({ name, text }) => ({ path: join(folder, name), text })),
    install: (spec, options, tell) => installUnits({ world, systemctl, spec, options, tell }),
    uninstall: (profile, options, tell) => uninstallUnits(profile, options, { world, systemctl, tell }),
    ...unitOrders(world, systemctl),
    inspect: (profile) => inspectUnit(profile, world, systemctl),
  };
}
