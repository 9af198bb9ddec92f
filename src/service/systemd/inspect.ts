import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findUnitFile, serviceUnit } from '../names.ts';
import { sealState } from '../seal.ts';
import type { InstalledSpec, ServiceFacts, ServiceWorld } from '../types.ts';
import { parseUnit } from './parse.ts';
import type { Systemctl } from './systemctl.ts';

/** What the manager says of a unit: the values of `systemctl show`, by name. */
export type UnitProperties = ReadonlyMap<string, string>;

const asked = [
  'LoadState',
  'ActiveState',
  'SubState',
  'UnitFileState',
  'FragmentPath',
  'Result',
  'ExecMainStatus',
  'ExecMainCode',
  'MainPID',
  'NRestarts',
  'NeedDaemonReload',
];

/** An empty file per user who lingers. */
const lingerFolder = '/var/lib/systemd/linger';

/** How systemd counts a program that it could not execute: gone, or not a program any more. */
export const notRun = '203';

const states = ['active', 'activating', 'deactivating', 'inactive', 'failed'] as const;

/** Asks the manager about a unit. */
export async function showUnit(systemctl: Systemctl, unit: string): Promise<UnitProperties> {
  const { stdout } = await systemctl.ask(['show', `--property=${asked.join(',')}`, unit]);
  const lines = stdout.split('\n').filter((line) => line.includes('='));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** What is installed for a profile and how it does; null without a unit file. */
export async function inspectUnit(
  profile: string,
  world: ServiceWorld,
  systemctl: Systemctl,
): Promise<ServiceFacts | null> {
  const file = findUnitFile(profile, world);
  if (file === null) return null;
  const unit = serviceUnit(profile);
  const properties = await showUnit(systemctl, unit);
  const state = states.find((each) => each === properties.get('ActiveState')) ?? 'unknown';
  const pid = Number(properties.get('MainPID'));
  return {
    manager: 'systemd',
    unit,
    file,
    ...readUnit(file),
    isEnabled: ['enabled', 'enabled-runtime'].includes(properties.get('UnitFileState') ?? ''),
    state,
    reason: reasonOf(state, properties),
    pid: pid > 0 ? pid : null,
    lingers: await lingers(world, systemctl),
  };
}

/** True when the user manager runs without a login; null when logind does not say. */
export async function lingers({ user }: ServiceWorld, systemctl: Systemctl): Promise<boolean | null> {
  const answer = await systemctl.run('loginctl', ['show-user', '--property=Linger', '--value', '--', user]);
  const word = answer?.stdout.trim();
  if (word === 'yes' || word === 'no') return word === 'yes';
  // logind knows nobody who is neither logged in nor lingering; where it keeps who lingers is as good an answer
  return existsSync(lingerFolder) ? existsSync(join(lingerFolder, user)) : null;
}

/** What the file itself says. A link, such as the one to /dev/null of a masked unit, was not made by drover. */
export function readUnit(file: string): { isEdited: boolean; spec: InstalledSpec | null } {
  try {
    if (!lstatSync(file).isFile()) return { isEdited: true, spec: null };
    const text = readFileSync(file, 'utf8');
    return { isEdited: sealState(text) !== 'intact', spec: parseUnit(text) };
  } catch {
    return { isEdited: true, spec: null }; // unreadable: not as drover wrote it
  }
}

/** Why a unit is where it is, in words; null when the state says it all. */
export function reasonOf(state: ServiceFacts['state'], properties: UnitProperties): string | null {
  const load = properties.get('LoadState');
  if (load === 'masked') return 'the unit is masked';
  if (load === 'not-found') return 'the manager has not read its file: systemctl --user daemon-reload';
  if (load !== undefined && load !== 'loaded') return `the manager cannot load it (${load})`;
  if (state !== 'failed' && state !== 'activating') return null;
  const status = properties.get('ExecMainStatus') ?? '';
  switch (properties.get('Result')) {
    case 'success':
      return null;
    case 'exit-code':
      return status === notRun
        ? `systemd could not run the program of the unit (exit code ${status})`
        : `the daemon ended with exit code ${status}`;
    case 'signal':
    case 'core-dump':
      return `the daemon was ended by signal ${status}`;
    case 'start-limit-hit':
      return `the daemon failed too often in a short time; its last exit code was ${status}${status === notRun ? ': systemd could not run its program' : ''}`;
    case 'timeout':
      return 'the daemon did not become ready, or did not stop, in time';
    case 'watchdog':
      return 'the daemon gave no sign of life and was killed';
    case 'oom-kill':
      return 'the kernel ended the daemon for want of memory';
    default:
      return properties.get('Result') ?? null;
  }
}
