import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError, version } from '../../contract/index.ts';
import { runningDaemon, stopRunning } from '../daemon.ts';
import { withUnitsLocked } from '../lock.ts';
import type { InstallOptions, ServiceSpec, Tell, UninstallOptions } from '../types.ts';
import { type Undo, withUndo } from '../undo.ts';
import {
  assertOurs,
  makeFolder,
  readUnitFile,
  removeUnitFile,
  type UnitFileState,
  writeUnitFile,
} from '../unit-file.ts';
import { type Domain, type Found, findJobs, isDisabled } from './domains.ts';
import { enable, type Label, load, restart, unload, unloadEverywhere } from './job.ts';
import { ensureReady } from './ready.ts';
import { errorFile, renderAgent } from './render.ts';
import { isLeaving } from './steps.ts';

/** How a person keeps changes of their own: launchd has nothing like systemd's drop-ins. */
const keepIt = 'to keep your changes leave it as it is, or ';

/** One installation: which label, for which domain, from what. */
export type Install = {
  readonly label: Label;
  readonly domain: Domain;
  readonly spec: ServiceSpec;
  readonly options: InstallOptions;
  readonly tell: Tell;
};

/**
 * Installs the agent of a profile, or brings it up to date. In order, each step only where it is needed, and each taken
 * back when a later one fails:
 *
 * 1. A file that somebody edited is found before anything is changed.
 * 2. The folder of the error file is made: without it launchd starts nothing, and does not say why.
 * 3. The agent's file is written, in one piece.
 * 4. The label is taken out of where it does not belong: of another domain, or because the file has changed; one that
 *    leaves already, by somebody else's doing, is waited for.
 * 5. A daemon of this state root that was started by hand is stopped; its runs go on.
 * 6. The label is loaded; or, with nothing changed, restarted when the daemon is down or of another version.
 * 7. The daemon answers on its own socket.
 */
export async function installAgent(install: Install): Promise<void> {
  const { label, domain, spec, options } = install;
  if (spec.socketActivation) {
    throw new AppError(
      'usage',
      'Socket activation needs systemd: launchd hands its sockets over in another way',
      {
        hint: 'leave --socket-activation away: launchd keeps the daemon running from login on',
      },
    );
  }
  const text = renderAgent(spec, domain.kind);
  let didAnything = false;
  const tell: Tell = (step) => {
    didAnything = true;
    install.tell(step);
  };
  const folder = dirname(label.file);
  const forget = await makeFolder(folder);
  try {
    await withUnitsLocked(folder, () =>
      withUndo(tell, async (undo) => {
        const before = await readUnitFile(label.file);
        if (!options.replaceEdited)
          assertOurs(label.file, before, 'drover install-service --replace', keepIt);
        await makeFolder(spec.logs, 0o700);
        const found = await findJobs(label.launchctl, label.uid, label.name);
        const steps: Steps = { ...install, tell, undo, found, isChanged: !isSame(label.file, before, text) };
        if (steps.isChanged) await writeAgent(steps, text, before);
        if (options.start) await startAndVerify(steps);
        else await onlyEnable(steps);
      }),
    );
  } catch (error) {
    await forget();
    throw error;
  }
  if (!didAnything) install.tell(`nothing to do: ${label.name} is installed as it should be`);
}

/** Unloads the agent everywhere and removes its file; false when there was neither. */
export async function uninstallAgent(
  label: Label,
  { removeEdited }: UninstallOptions,
  tell: Tell,
): Promise<boolean> {
  const state = await readUnitFile(label.file);
  if (!removeEdited) assertOurs(label.file, state, 'drover uninstall-service --force', keepIt);
  const domains = await unloadEverywhere(label);
  for (const { name } of domains) tell(`stopped ${label.name} and took it out of ${name}; runs go on`);
  if (state.kind === 'absent') return domains.length > 0;
  await withUndo(tell, async (undo) => {
    undo.later(async () => {
      for (const domain of domains) await load(label, domain);
    });
    await removeUnitFile(label.file, undo);
  });
  tell(`removed ${label.file}`);
  return true;
}

type Steps = Install & {
  readonly undo: Undo;
  /** Where the label was loaded at the beginning. */
  readonly found: readonly Found[];
  readonly isChanged: boolean;
};

/** The same text, in a file that launchd takes: it refuses one that others may write. */
function isSame(path: string, before: UnitFileState, text: string): boolean {
  return before.kind === 'intact' && before.text === text && (lstatSync(path).mode & 0o022) === 0;
}

async function writeAgent(
  { label, tell, undo, found }: Steps,
  text: string,
  before: UnitFileState,
): Promise<void> {
  undo.later(async () => {
    if (before.kind === 'absent') return;
    const left = await findJobs(label.launchctl, label.uid, label.name);
    for (const { domain } of found)
      if (!left.some((each) => each.domain.name === domain.name)) await load(label, domain);
  });
  await writeUnitFile(label.file, text, undo);
  tell(`${before.kind === 'absent' ? 'wrote' : 'rewrote'} ${label.file}`);
}

async function onlyEnable(steps: Steps): Promise<void> {
  const { label, domain, tell, found, isChanged } = steps;
  await enableLabel(steps);
  await enable(label, domain);
  if (found.length === 0) tell(`enabled ${label.name} in ${domain.name}: it starts at the next login`);
  else if (isChanged) tell('the running daemon keeps what it was started with until: drover install-service');
}

async function startAndVerify(steps: Steps): Promise<void> {
  const { label, domain, spec, tell, undo, found, isChanged } = steps;
  const here = found.find((each) => each.domain.name === domain.name);
  const isKept = here !== undefined && !isChanged && !isLeaving(here.job);
  for (const each of found) {
    if (isKept && each === here) continue;
    await unload(label, each.domain);
    tell(`took ${label.name} out of ${each.domain.name}`);
  }
  const running = await runningDaemon(spec);
  const isOurs = running !== null && running.pid === here?.job.pid;
  await enableLabel(steps);
  if (isKept && isOurs && running.ready && running.version === version) return;
  if (running !== null && !isOurs) {
    await stopRunning(spec, label.clock);
    tell(`stopped the daemon that was started by hand (pid ${running.pid}); its runs go on`);
  }
  if (isKept) await restart(label, domain, here.job);
  else {
    undo.later(() => unload(label, domain));
    await load(label, domain);
  }
  const { pid, socket } = await ensureReady(label, domain, errorFile(spec.logs));
  tell(`${isKept ? 'restarted' : 'loaded'} ${label.name} in ${domain.name}: pid ${pid}, ${socket}`);
}

/** A `disable` survives everything, an uninstall too, and would make each load fail. A load enables by itself. */
async function enableLabel({ label, domain, undo }: Steps): Promise<void> {
  if (!(await isDisabled(label.launchctl, domain, label.name))) return;
  undo.later(() => label.launchctl('disable', `${domain.name}/${label.name}`));
  await enable(label, domain);
}
