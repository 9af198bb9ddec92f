import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../contract/index.ts';
import { findUnitFile, serviceUnit, socketUnit } from '../names.ts';
import type { ServiceWorld } from '../types.ts';
import { whyItFailed } from './failure.ts';
import { type Systemctl, startTimeoutMs, stopTimeoutMs } from './systemctl.ts';

/** Orders about the units of a profile. */
export type UnitOrders = Record<'start' | 'stop' | 'restart', (profile: string) => Promise<void>>;

/** Start, stop and restart by the manager; a socket that was installed goes along. */
export function unitOrders(world: ServiceWorld, systemctl: Systemctl): UnitOrders {
  const unitsOf = (profile: string) => {
    const file = findUnitFile(profile, world);
    if (file === null) {
      throw new AppError('service_failed', `${serviceUnit(profile)} is not installed`, {
        hint: 'install it with: drover install-service',
      });
    }
    const socket = socketUnit(profile);
    const hasSocket = lstatSync(join(dirname(file), socket), { throwIfNoEntry: false }) !== undefined;
    return { unit: serviceUnit(profile), sockets: hasSocket ? [socket] : [] };
  };
  const order = async (verb: 'start' | 'restart', profile: string) => {
    const { unit, sockets } = unitsOf(profile);
    await systemctl.ask(['reset-failed', ...sockets, unit]); // a person asks: old failures no longer count
    try {
      if (verb === 'start') await systemctl.order(['start', ...sockets, unit], startTimeoutMs);
      else await systemctl.order(['restart', unit], startTimeoutMs);
    } catch (error) {
      throw await whyItFailed(systemctl, unit, error);
    }
  };
  return {
    start: (profile) => order('start', profile),
    restart: (profile) => order('restart', profile),
    stop: async (profile) => {
      const { unit, sockets } = unitsOf(profile);
      await systemctl.order(['stop', ...sockets, unit], stopTimeoutMs);
    },
  };
}
