import { join } from 'node:path';
import { AppError, version } from '../../contract/index.ts';
import { runningDaemon, stopRunning, untilReady } from '../daemon.ts';
import { withUnitsLocked } from '../lock.ts';
import { serviceUnit, socketUnit } from '../names.ts';
import type { InstallOptions, ServiceSpec, ServiceWorld, Tell } from '../types.ts';
import { type Undo, withUndo } from '../undo.ts';
import { assertOurs, makeFolder, readUnitFile, removeUnitFile, writeUnitFile } from '../unit-file.ts';
import { whyItFailed } from './failure.ts';
import { foldersOfManager } from './folder.ts';
import { showUnit, type UnitProperties } from './inspect.ts';
import { ensureLingering } from './linger.ts';
import { renderUnits } from './render.ts';
import { reloadTimeoutMs, type Systemctl, startTimeoutMs, stopTimeoutMs } from './systemctl.ts';

type Install = {
  readonly world: ServiceWorld;
  readonly systemctl: Systemctl;
  readonly spec: ServiceSpec;
  readonly options: InstallOptions;
  readonly tell: Tell;
};

/**
 * Installs, or brings up to date, the units of a profile. In order, each step only where it is needed:
 *
 * 1. Files that somebody edited are found before anything is changed.
 * 2. The files are written, each in one piece, and the manager reads them again.
 * 3. What the manager has read must be these files: a unit elsewhere may stand in front of them.
 * 4. The units are enabled.
 * 5. A daemon of this state root that was started by hand is stopped; its runs go on.
 * 6. The service is started, or started anew when its files changed or it is of another version.
 * 7. The daemon answers on its own socket.
 * 8. Lingering is enabled. It comes last: without it the service works until logout, and nothing has to be undone.
 */
export async function installUnits(install: Install): Promise<void> {
  const { world, systemctl, spec, options, tell } = install;
  const texts = renderUnits(spec);
  const [folder = ''] = await foldersOfManager(world, systemctl);
  let didAnything = false;
  const say: Tell = (step) => {
    didAnything = true;
    tell(step);
  };
  const forget = await makeFolder(folder);
  try {
    await withUnitsLocked(folder, () =>
      withUndo(tell, async (undo) => {
        const plan = await planFiles(folder, texts, spec, options);
        const before = await showUnit(systemctl, serviceUnit(spec.profile));
        const all = { ...install, tell: say, undo, before };
        await changeFiles(all, plan);
        await enable(all);
        if (options.start) await startAndVerify(all, plan);
        else if (plan.isChanged && isActive(before))
          say('the running daemon keeps what it was started with until: drover daemon restart');
      }),
    );
  } catch (error) {
    await forget();
    throw error;
  }
  if (options.linger) await ensureLingering(world, systemctl, say);
  if (!didAnything) tell(`nothing to do: ${serviceUnit(spec.profile)} is installed as it should be`);
}

type Plan = {
  readonly folder: string;
  readonly write: readonly { readonly path: string; readonly text: string; readonly isNew: boolean }[];
  readonly remove: readonly string[];
  readonly isChanged: boolean;
};

type Steps = Install & { readonly undo: Undo; readonly before: UnitProperties };

async function planFiles(
  folder: string,
  texts: ReturnType<typeof renderUnits>,
  spec: ServiceSpec,
  { replaceEdited }: InstallOptions,
): Promise<Plan> {
  const write: Plan['write'][number][] = [];
  for (const { name, text } of texts) {
    const path = join(folder, name);
    const state = await readUnitFile(path);
    if (!replaceEdited) assertOurs(path, state, 'drover install-service --replace');
    const isSame = state.kind === 'intact' && state.text === text;
    if (!isSame) write.push({ path, text, isNew: state.kind === 'absent' });
  }
  const socket = join(folder, socketUnit(spec.profile));
  const state = spec.socketActivation ? null : await readUnitFile(socket);
  const isLeftOver = state !== null && state.kind !== 'absent';
  if (isLeftOver && !replaceEdited) assertOurs(socket, state, 'drover install-service --replace');
  const remove = isLeftOver ? [socket] : [];
  return { folder, write, remove, isChanged: write.length + remove.length > 0 };
}

async function changeFiles(steps: Steps, plan: Plan): Promise<void> {
  const { systemctl, spec, tell, undo, before } = steps;
  const unit = serviceUnit(spec.profile);
  const socket = socketUnit(spec.profile);
  if (plan.isChanged) {
    if (isActive(before)) undo.later(() => systemctl.ask(['start', unit], startTimeoutMs));
    undo.later(() => systemctl.ask(['daemon-reload'], reloadTimeoutMs));
  }
  if (plan.remove.length > 0) {
    await systemctl.order(['disable', '--quiet', socket]);
    undo.later(() => systemctl.ask(['enable', '--quiet', socket]));
    await systemctl.order(['stop', socket, unit], stopTimeoutMs);
  }
  for (const path of plan.remove) {
    await removeUnitFile(path, undo);
    tell(`removed ${path}`);
  }
  for (const { path, text, isNew } of plan.write) {
    await writeUnitFile(path, text, undo);
    tell(`${isNew ? 'wrote' : 'rewrote'} ${path}`);
  }
  const mustReload = before.get('LoadState') !== 'loaded' || before.get('NeedDaemonReload') === 'yes';
  if (!plan.isChanged && !mustReload) return;
  await systemctl.order(['daemon-reload'], reloadTimeoutMs);
  await assertLoaded(systemctl, unit, join(plan.folder, unit));
}

/** Throws when the manager reads another file than ours: one of root's, or a mask in its runtime folder. */
async function assertLoaded(systemctl: Systemctl, unit: string, path: string): Promise<void> {
  const now = await showUnit(systemctl, unit);
  if (now.get('LoadState') === 'masked') {
    throw new AppError('service_failed', `${unit} is masked: the manager may not start it`, {
      hint: `run: systemctl --user unmask --runtime ${unit}`,
    });
  }
  if (now.get('LoadState') !== 'loaded') {
    throw new AppError('service_failed', `The manager cannot load ${path} (${now.get('LoadState')})`, {
      hint: `see why: systemd-analyze --user verify ${path}`,
    });
  }
  if (now.get('FragmentPath') !== path) {
    throw new AppError(
      'service_failed',
      `The manager reads ${unit} from ${now.get('FragmentPath')} instead`,
      {
        hint: 'remove that file, which stands in front of the one for this user',
      },
    );
  }
}

async function enable({ systemctl, spec, tell, undo }: Steps): Promise<void> {
  const units = [serviceUnit(spec.profile), ...(spec.socketActivation ? [socketUnit(spec.profile)] : [])];
  const missing: string[] = [];
  for (const unit of units) {
    const { stdout } = await systemctl.ask(['is-enabled', unit]);
    if (stdout.trim() !== 'enabled') missing.push(unit);
  }
  if (missing.length === 0) return;
  undo.later(() => systemctl.ask(['disable', '--quiet', ...missing]));
  await systemctl.order(['enable', '--quiet', ...missing]);
  tell(`enabled ${missing.join(' and ')}: it starts with your session`);
}

async function startAndVerify(steps: Steps, plan: Plan): Promise<void> {
  const { world, systemctl, spec, tell, undo, before } = steps;
  const unit = serviceUnit(spec.profile);
  const sockets = spec.socketActivation ? [socketUnit(spec.profile)] : [];
  const running = await runningDaemon(spec);
  const isOurs = isActive(before) && running !== null && running.pid === Number(before.get('MainPID'));
  if (isOurs && !plan.isChanged && running.version === version) return;
  undo.later(() => systemctl.ask(['stop', ...sockets, unit], stopTimeoutMs));
  undo.later(() => systemctl.ask(['reset-failed', ...sockets, unit]));
  if (running !== null && !isOurs) {
    await stopRunning(spec, world.clock);
    tell(`stopped the daemon that was started by hand (pid ${running.pid}); its runs go on`);
    undo.later(async () => tell('the daemon that was started by hand stays stopped: drover daemon start'));
  }
  await systemctl.ask(['reset-failed', ...sockets, unit]); // a person starts it: old failures no longer count
  try {
    if (isActive(before)) await systemctl.order(['stop', ...sockets, unit], stopTimeoutMs);
    await systemctl.order(['start', ...sockets, unit], startTimeoutMs);
  } catch (error) {
    throw await whyItFailed(systemctl, unit, error);
  }
  const status = await untilReady(spec, world.clock, async () => {
    const now = await showUnit(systemctl, unit);
    const hasEnded = ['failed', 'inactive'].includes(now.get('ActiveState') ?? '');
    return hasEnded ? await whyItFailed(systemctl, unit) : null;
  });
  const pid = Number((await showUnit(systemctl, unit)).get('MainPID'));
  if (status.pid !== pid) {
    throw new AppError(
      'service_failed',
      `Another daemon (pid ${status.pid}) has the state root ${spec.stateRoot}`,
      {
        hint: 'stop that one, or give this service a state root of its own with --state-root',
      },
    );
  }
  tell(`${isActive(before) ? 'restarted' : 'started'} ${unit}: pid ${pid}, ${status.socket}`);
}

function isActive(properties: UnitProperties): boolean {
  return ['active', 'activating', 'reloading'].includes(properties.get('ActiveState') ?? '');
}
