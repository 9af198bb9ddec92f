import type { Env } from '../../client/index.ts';
import { isAppError } from '../../contract/index.ts';
import {
  findUnitFile,
  machineWorld,
  type ServiceManager,
  serviceManager,
  unitName,
} from '../../service/index.ts';
import type { ProfileService } from './report.ts';

/** How long each question to the service manager may take: the list is not only about it. */
export const managerMs = 1500;

/** What the service manager says of the profiles that have a unit file. Never throws. */
export async function servicesOf(
  profiles: readonly string[],
  env: Env,
): Promise<ReadonlyMap<string, ProfileService>> {
  const machine = machineWorld(env);
  const world = {
    ...machine,
    run: ((file, args, options) =>
      machine.run(file, args, { ...options, timeoutMs: managerMs })) satisfies typeof machine.run,
  };
  const units = profiles.flatMap((profile) => {
    const file = findUnitFile(profile, world);
    return file === null ? [] : [{ profile, file, unit: unitName(profile, world.platform) }];
  });
  if (units.length === 0) return new Map();
  let manager: ServiceManager | null = null;
  let absence = '';
  try {
    manager = await serviceManager(world);
  } catch (error) {
    absence = whyOf(error);
  }
  const services = units.map(async ({ profile, file, unit }): Promise<[string, ProfileService]> => {
    const unknown = { unit, file, state: null, reason: absence };
    if (manager === null) return [profile, unknown];
    try {
      const facts = await manager.inspect(profile);
      return [profile, facts === null ? unknown : { unit, file, state: facts.state, reason: facts.reason }];
    } catch (error) {
      return [profile, { ...unknown, reason: whyOf(error) }];
    }
  });
  return new Map(await Promise.all(services));
}

function whyOf(error: unknown): string {
  return isAppError(error) ? error.message : String(error);
}
