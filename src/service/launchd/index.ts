/**
 * launchd: drover as an agent of launchd. It owns the agent's file and every order to launchctl; it promises that a label
 * which is on its way out is waited for, that the daemon itself has answered before a start counts, and must not know more
 * of `launchctl print`, which is made for people, than it can do without.
 */
import { join } from 'node:path';
import { machinePaths } from '../../client/index.ts';
import { AppError } from '../../contract/index.ts';
import { findUnitFile, launchdLabel, unitFolders } from '../names.ts';
import type {
  InstalledSpec,
  ServiceFile,
  ServiceManager,
  ServiceSpec,
  ServiceWorld,
  UnitPlaces,
} from '../types.ts';
import { chooseDomain, type Found, findJobs } from './domains.ts';
import { inspectAgent, readInstalled } from './inspect.ts';
import { installAgent, uninstallAgent } from './install.ts';
import { end, kickstart, type Label, load, restart } from './job.ts';
import { createLaunchctl } from './launchctl.ts';
import { ensureReady } from './ready.ts';
import { errorFile, renderAgent } from './render.ts';
import { howToStart } from './steps.ts';

/** launchd, for the agents of this user. Throws `service_unavailable` where there is no launchctl or no domain. */
export async function launchdManager(world: ServiceWorld): Promise<ServiceManager> {
  const launchctl = createLaunchctl(world);
  const domain = await chooseDomain(launchctl, world.uid);
  const labelOf = (profile: string): Label => ({
    launchctl,
    clock: world.clock,
    uid: world.uid,
    name: launchdLabel(profile),
    file: agentPath(profile, world),
  });
  /** Does `work` where the label is loaded, the domain with a process first, or loads it where it belongs. */
  const bringUp = async (profile: string, work: (label: Label, found: Found) => Promise<void>) => {
    const label = labelOf(profile);
    const errors = errorsOf(label, profile, world);
    const found = await findJobs(launchctl, world.uid, label.name);
    const here = found.find(({ job }) => job.pid !== null) ?? found[0];
    if (here === undefined) await load(label, domain);
    else await work(label, here);
    await ensureReady(label, here?.domain ?? domain, errors);
  };
  return {
    kind: 'launchd',
    render: (spec) => [{ path: agentPath(spec.profile, world), text: renderAgent(spec, domain.kind) }],
    install: (spec, options, tell) =>
      installAgent({ label: labelOf(spec.profile), domain, spec, options, tell }),
    uninstall: (profile, options, tell) => uninstallAgent(labelOf(profile), options, tell),
    start: (profile) =>
      bringUp(profile, async (label, { domain: where, job }) => {
        if (howToStart(job) === 'kickstart') await kickstart(label, where, false);
      }),
    stop: async (profile) => {
      const label = labelOf(profile);
      const found = await findJobs(launchctl, world.uid, label.name);
      for (const { domain: where, job } of found) await end(label, where, job);
    },
    restart: (profile) => bringUp(profile, (label, { domain: where, job }) => restart(label, where, job)),
    inspect: (profile) => inspectAgent(labelOf(profile), domain),
  };
}

/** The agent of a profile as a login to the screen gets it: asks nobody. */
export function renderAgentFile(spec: ServiceSpec, { env, home }: UnitPlaces): ServiceFile {
  return { path: agentPath(spec.profile, { platform: 'darwin', env, home }), text: renderAgent(spec, 'gui') };
}

/** What an agent's file says of itself. */
export function readInstalledAgent(file: string): {
  readonly isEdited: boolean;
  readonly spec: InstalledSpec | null;
} {
  const { isEdited, agent } = readInstalled(file);
  return { isEdited, spec: agent?.spec ?? null };
}

function agentPath(profile: string, world: UnitPlaces): string {
  return join(unitFolders(world)[0] ?? '', `${launchdLabel(profile)}.plist`);
}

/** The file that holds the daemon's last words, as its agent says, else where it would be. Throws without an agent. */
function errorsOf({ name }: Label, profile: string, world: ServiceWorld): string {
  const file = findUnitFile(profile, world);
  if (file === null) {
    throw new AppError('service_failed', `${name} is not installed`, {
      hint: 'install it with: drover install-service',
    });
  }
  return (
    readInstalled(file).agent?.errors ?? errorFile(machinePaths({ profile }, world.env, world.home).logs)
  );
}
