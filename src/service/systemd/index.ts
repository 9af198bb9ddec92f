import { join } from 'node:path';
import { AppError } from '../../contract/index.ts';
import { unitFolders } from '../names.ts';
import type { ServiceManager, ServiceWorld } from '../types.ts';
import { inspectUnit } from './inspect.ts';
import { renderUnits } from './render.ts';
import { openSystemctl } from './systemctl.ts';

/** The systemd user manager. Throws `service_unavailable` where none answers. */
export async function systemdManager(world: ServiceWorld): Promise<ServiceManager> {
  const systemctl = await openSystemctl(world);
  const notYet = async (): Promise<never> => {
    throw new AppError('service_failed', 'This step is not built');
  };
  return {
    kind: 'systemd',
    render: (spec) => renderFiles(spec, unitFolders(world)[0] ?? ''),
    install: notYet,
    uninstall: notYet,
    start: notYet,
    stop: notYet,
    restart: notYet,
    inspect: (profile) => inspectUnit(profile, world, systemctl),
  };
}

/** The files of `spec` in `folder`. */
export function renderFiles(spec: Parameters<typeof renderUnits>[0], folder: string) {
  return renderUnits(spec).map(({ name, text }) => ({ path: join(folder, name), text }));
}
