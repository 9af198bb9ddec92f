import { lstatSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withUnitsLocked } from '../lock.ts';
import { findUnitFile, serviceUnit, socketUnit, unitFolders } from '../names.ts';
import type { ServiceWorld, Tell, UninstallOptions } from '../types.ts';
import { withUndo } from '../undo.ts';
import { assertOurs, readUnitFile, removeEmptyFolders, removeUnitFile } from '../unit-file.ts';
import { lingers, showUnit } from './inspect.ts';
import { reloadTimeoutMs, type Systemctl, startTimeoutMs, stopTimeoutMs } from './systemctl.ts';

/**
 * Stops both units together, disables them and removes their files; runs go on. False when there is nothing of this
 * profile. Drop-ins belong to the person who wrote them and stay.
 */
export async function uninstallUnits(
  profile: string,
  { removeEdited }: UninstallOptions,
  { world, systemctl, tell }: { world: ServiceWorld; systemctl: Systemctl; tell: Tell },
): Promise<boolean> {
  const unit = serviceUnit(profile);
  const socket = socketUnit(profile);
  const found: string[] = [];
  for (const folder of unitFolders(world)) {
    for (const name of [unit, socket]) {
      const path = join(folder, name);
      const state = await readUnitFile(path);
      if (state.kind === 'absent') continue;
      if (!removeEdited) assertOurs(path, state, 'drover uninstall-service --force');
      found.push(path);
    }
  }
  const [first] = found;
  if (first === undefined) return removeLeftOvers([unit, socket], { world, systemctl, tell });
  const folder = dirname(first);
  await withUnitsLocked(folder, () =>
    withUndo(tell, async (undo) => {
      const units = found.map((path) => (path.endsWith('.socket') ? socket : unit));
      await systemctl.order(['stop', ...units], stopTimeoutMs);
      tell(`stopped ${units.join(' and ')}; runs go on`);
      undo.later(() => systemctl.ask(['start', ...units], startTimeoutMs));
      await systemctl.order(['disable', '--quiet', ...units]);
      tell(`disabled ${units.join(' and ')}`);
      undo.later(() => systemctl.ask(['enable', '--quiet', ...units]));
      undo.later(() => systemctl.ask(['daemon-reload'], reloadTimeoutMs));
      for (const path of found) {
        await removeUnitFile(path, undo);
        tell(`removed ${path}`);
      }
      await systemctl.order(['daemon-reload'], reloadTimeoutMs);
      await systemctl.ask(['reset-failed', unit, socket]); // what failed would stay in the manager's list
    }),
  );
  for (const each of [unit, socket]) {
    const dropIns = join(folder, `${each}.d`);
    if (lstatSync(dropIns, { throwIfNoEntry: false }))
      tell(`${dropIns} stays: it holds settings of your own`);
  }
  await removeEmptyFolders(folder, dirname(folder));
  if (await lingers(world, systemctl))
    tell('lingering stays on: other services may need it; switch it off with: loginctl disable-linger');
  return findUnitFile(profile, world) === null;
}

/** A file that somebody deleted leaves its links, and a daemon that the manager goes on keeping. */
async function removeLeftOvers(
  units: readonly string[],
  { world, systemctl, tell }: { world: ServiceWorld; systemctl: Systemctl; tell: Tell },
): Promise<boolean> {
  let isFound = false;
  for (const unit of units) {
    const state = (await showUnit(systemctl, unit)).get('ActiveState');
    if (state !== 'active' && state !== 'activating') continue;
    await systemctl.order(['stop', unit], stopTimeoutMs);
    tell(`stopped ${unit}, whose file was gone`);
    isFound = true;
  }
  for (const folder of unitFolders(world)) {
    for (const unit of units) {
      const wants = unit.endsWith('.socket') ? 'sockets.target.wants' : 'default.target.wants';
      const link = join(folder, wants, unit);
      if (!lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) continue;
      await rm(link);
      await removeEmptyFolders(dirname(link), dirname(link));
      tell(`removed the link ${link}, which led nowhere`);
      isFound = true;
    }
  }
  if (isFound) await systemctl.order(['daemon-reload'], reloadTimeoutMs);
  return isFound;
}
