import { accessSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { bootId, isAlive, type ProcessIdentity } from '../../../base/index.ts';
import { readMeta, runFiles } from './folder.ts';

/** How the agent ended, as the launcher saw it. */
export type RunExit = {
  /** As a shell says it: 128 + n after signal n. */
  readonly status: number;
  /** The signal's name without SIG when `status` says one; an agent may also exit with such a number by itself. */
  readonly signal: string | null;
  /** Somebody other than drover told the launcher to end: a logout, a shutdown, a stop of its unit. */
  readonly wasStopped: boolean;
};

/** What a run's folder says of its run. Exactly one holds. */
export type RunFolderState =
  /** Nobody has begun: launching is safe, and again. */
  | { readonly kind: 'unclaimed' }
  /** A launcher has begun and not said who it is: soon running, or dead and to be voided. */
  | { readonly kind: 'claimed' }
  /** The launcher lives. `agent` is null in the moment around the agent's start. */
  | {
      readonly kind: 'running';
      readonly launcher: ProcessIdentity;
      readonly agent: ProcessIdentity | null;
    }
  | {
      readonly kind: 'ended';
      readonly exit: RunExit;
      /** The command of the set-up that failed: then there was no agent. */
      readonly setUpFailure: { readonly command: string; readonly status: number } | null;
      readonly launcher: ProcessIdentity | null;
      readonly agent: ProcessIdentity | null;
    }
  /** No launcher and no exit record. `mayHaveStarted` is false when the agent certainly never ran. */
  | {
      readonly kind: 'vanished';
      readonly mayHaveStarted: boolean;
      readonly launcher: ProcessIdentity | null;
      readonly agent: ProcessIdentity | null;
    };

/** Tells what became of the run in `folder`. Reads only. */
export async function inspectRunFolder(folder: string): Promise<RunFolderState> {
  await readMeta(folder);
  const exit = await readExit(folder);
  if (exit !== null) return ended(folder, exit);
  if (!(await exists(folder, runFiles.claim))) return { kind: 'unclaimed' };
  const launcher = await readWho(folder, runFiles.launcher);
  if (launcher !== null && (await isAlive(launcher))) {
    const agent = await readWho(folder, runFiles.agent);
    return { kind: 'running', launcher, agent };
  }
  const hasGone = await exists(folder, runFiles.go);
  if (launcher === null) {
    if (!hasGone) return { kind: 'claimed' };
    // The launcher makes `go` after its identity. So either it did both since we looked, or the daemon made `go`.
    if ((await readWho(folder, runFiles.launcher)) !== null) return inspectRunFolder(folder);
  }
  // It may have ended well between our two looks: the record is written before the process goes.
  const late = await readExit(folder);
  if (late !== null) return ended(folder, late);
  return {
    kind: 'vanished',
    mayHaveStarted: hasGone && !(await exists(folder, voidedMark)),
    launcher,
    agent: await readWho(folder, runFiles.agent),
  };
}

/** Beside the fence when the daemon, not the launcher, made it. */
export const voidedMark = join(runFiles.go, 'voided');

/** True when `name` is there in `folder`. */
export async function exists(folder: string, name: string): Promise<boolean> {
  try {
    accessSync(join(folder, name));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * The text of a file of the folder; null when it is not there. Read at once: each live run is looked at every other second,
 * and a few bytes by way of the thread pool cost ten times the processor time.
 */
export async function readIfThere(folder: string, name: string): Promise<string | null> {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The record of a process, `launcher` or `agent`; null when it is not there or was cut by a power loss. */
export async function readWho(folder: string, name: string): Promise<ProcessIdentity | null> {
  const [, pid, startTime, boot] =
    /^pid (\d+)\nstart (.+)\nboot (\S+)\n$/.exec((await readIfThere(folder, name)) ?? '') ?? [];
  if (pid === undefined || startTime === undefined || boot === undefined) return null;
  return { pid: Number(pid), startTime: startTime.trim(), bootId: boot };
}

/** True when the process was of an earlier boot, so that nothing of it can be left. */
export async function isOfEarlierBoot(identity: ProcessIdentity): Promise<boolean> {
  return identity.bootId !== (await bootId());
}

async function readExit(folder: string): Promise<RunExit | null> {
  const record = (await readIfThere(folder, runFiles.exit)) ?? '';
  const [, status, signal] = /^status (\d+)\nsignal (.*)\nend\n$/.exec(record) ?? [];
  if (status === undefined) return null; // not there, or cut by a power loss: as good as not written
  const isNamed = /^[A-Z][A-Z0-9+-]*$/.test(signal ?? '');
  const wasStopped = await exists(folder, runFiles.stopped);
  return {
    status: Number(status),
    wasStopped,
    signal: isNamed ? (signal ?? null) : signalOf(Number(status)),
  };
}

/** The name behind a status above 128: what the launcher leaves open when a signal hits it while it asks for the name. */
function signalOf(status: number): string | null {
  const found = Object.entries(constants.signals).find(([, number]) => number === status - 128);
  return found?.[0].replace(/^SIG/, '') ?? null;
}

async function ended(folder: string, exit: RunExit): Promise<RunFolderState> {
  const [launcher, agent] = await Promise.all([
    readWho(folder, runFiles.launcher),
    readWho(folder, runFiles.agent),
  ]);
  const failure = /^(\d+)\n(.*)\n$/s.exec((await readIfThere(folder, runFiles.setUpFailed)) ?? '');
  const [, status, command] = failure ?? [];
  const setUpFailure = command === undefined ? null : { command, status: Number(status) };
  return { kind: 'ended', exit, setUpFailure, launcher, agent };
}
