import { join } from 'node:path';
import { runCommand, spawnDetached, writeFileAtomic } from '../../../base/index.ts';
import { AppError } from '../../../contract/index.ts';
import { runFiles } from './folder.ts';
import { exists } from './inspect.ts';
import {
  isManagerThere,
  isUnitItself,
  launcherCommand,
  managerEnvironment,
  managerTimeoutMs,
  type UnitLimits,
  unitCommand,
  unitName,
} from './systemd.ts';

/** The way launchers are started on this machine. */
export type LaunchWay =
  /** A transient service of the user manager. */
  | 'systemd'
  /** A process in a session of its own. */
  | 'session';

export type LaunchOptions = {
  readonly folder: string;
  readonly runId: string;
  readonly via: LaunchWay;
  /** Enforced by the unit; a session has no such thing. */
  readonly limits?: UnitLimits;
};

/** Which way to launch here, or why none will do. */
export type LauncherChoice =
  | { readonly kind: 'ready'; readonly via: LaunchWay }
  | { readonly kind: 'unavailable'; readonly reason: string };

/**
 * Chooses the way to launch. A daemon that is a unit itself and gets no answer from the user manager may not launch at
 * all: a plain child would die with the unit.
 */
export async function detectLauncher(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<LauncherChoice> {
  if (await isManagerThere(env)) return { kind: 'ready', via: 'systemd' };
  if (!(await isUnitItself(env))) return { kind: 'ready', via: 'session' };
  return { kind: 'unavailable', reason: 'The systemd user manager does not answer' };
}

/**
 * Starts the launcher of a prepared folder and returns when it has been started, not when it has claimed. Doing it twice
 * is harmless. Throws `busy` when the machine cannot start it now: the run may stay queued with that message.
 */
export async function launch(options: LaunchOptions): Promise<void> {
  const { folder, runId, via } = options;
  try {
    if (via === 'session') {
      const [file, ...args] = launcherCommand(folder);
      await spawnDetached(file, args, { cwd: '/', env: {} });
    } else await launchUnit(options);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('busy', `Cannot launch run ${runId}: ${(error as Error).message}`, {
      hint: 'It is tried again; look for a limit of processes or open files',
      cause: error,
    });
  }
}

async function launchUnit({ folder, runId, limits = {} }: LaunchOptions): Promise<void> {
  const env = managerEnvironment();
  if (env === null) throw cannotLaunch(runId, 'there is no systemd user manager');
  // Before the unit exists, so that whoever finds it running knows what to stop.
  await writeFileAtomic(join(folder, runFiles.unit), `${unitName(runId)}\n`);
  const timeoutMs = managerTimeoutMs;
  const answer = await runCommand('systemd-run', unitCommand(folder, runId, limits), { env, timeoutMs });
  if (answer.code === 0) return;
  // The unit of an earlier attempt holds the name, or the answer was lost: the claim tells whether it began.
  if (await exists(folder, runFiles.claim)) return;
  const said = answer.stderr.toString('utf8').trim().split('\n').at(-1) ?? '';
  if (/already (exists|loaded)/.test(said)) {
    await runCommand('systemctl', ['--user', 'reset-failed', `${unitName(runId)}.service`], {
      env,
      timeoutMs,
    });
  }
  throw cannotLaunch(runId, answer.timedOut ? 'systemd-run did not answer in time' : said);
}

function cannotLaunch(runId: string, reason: string): AppError {
  return new AppError('busy', `Cannot launch run ${runId}: ${reason}`, {
    hint: "'systemctl --user status' shows how the user manager is",
  });
}
