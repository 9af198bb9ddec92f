import { existsSync } from 'node:fs';
import {
  type Clock,
  type ControlGroup,
  readControlGroups,
  readProcess,
  runCommand,
} from '../../../base/index.ts';

/** Limits that a run's unit enforces; an empty or absent one is no limit. Values as systemd reads them. */
export type UnitLimits = {
  readonly memoryMax?: string;
  readonly tasksMax?: string;
  readonly cpuQuota?: string;
};

/** What the user manager knows of a run's unit after its launcher is gone. */
export type UnitResult = {
  /** `success`, `signal`, `oom-kill`, `timeout`… (systemd.service(5), $SERVICE_RESULT). */
  readonly result: string;
  readonly mainStatus: number;
};

/** A user manager that is asked for one thing answers in milliseconds; a machine that swaps may need longer. */
export const managerTimeoutMs = 10_000;
/** How long systemd waits between TERM and KILL when it stops a run's unit (logout, shutdown). */
const stopTimeoutSeconds = 10;

type Environment = Readonly<Record<string, string | undefined>>;

/** The name of the unit of a run, without `.service`. */
export function unitName(runId: string): string {
  return `drover-run-${runId.toLowerCase()}`;
}

/** The control groups of the run's unit, as one of its processes stands in them; none for a process outside it. */
export function unitGroups(pid: number, runId: string): readonly ControlGroup[] {
  const part = `/${unitName(runId)}.service`;
  return readControlGroups(pid).flatMap(({ controllers, path }) => {
    const at = `${path}/`.indexOf(`${part}/`);
    return at < 0 ? [] : [{ controllers, path: path.slice(0, at + part.length) }];
  });
}

/** The variables by which the user manager is found; null when there is no place to look for it. */
export function managerEnvironment(env: Environment = process.env): Record<string, string> | null {
  if (process.platform !== 'linux') return null;
  const runtimeDir = env.XDG_RUNTIME_DIR ?? `/run/user/${process.getuid?.() ?? ''}`;
  if (!existsSync(`${runtimeDir}/systemd/private`) && !existsSync(`${runtimeDir}/bus`)) return null;
  const bus = env.DBUS_SESSION_BUS_ADDRESS;
  return {
    PATH: env.PATH ?? '/usr/bin:/bin',
    XDG_RUNTIME_DIR: runtimeDir,
    LC_ALL: 'C',
    ...(bus === undefined ? {} : { DBUS_SESSION_BUS_ADDRESS: bus }),
  };
}

/** Does a user manager answer? Costs one `systemctl` (4 ms), nothing where there is none. */
export async function isManagerThere(env: Environment = process.env): Promise<boolean> {
  const environment = managerEnvironment(env);
  if (environment === null) return false;
  try {
    const answer = await runCommand('systemctl', ['--user', 'show', '--property=Version', '--value'], {
      env: environment,
      timeoutMs: managerTimeoutMs,
    });
    return answer.code === 0 && answer.stdout.length > 1;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false; // no systemctl on PATH
    throw error;
  }
}

/** True when this process was started as a service by systemd: a child of it would die with the unit. */
export async function isUnitItself(env: Environment = process.env): Promise<boolean> {
  if (env.SYSTEMD_EXEC_PID !== undefined) return env.SYSTEMD_EXEC_PID === String(process.pid);
  if (env.INVOCATION_ID === undefined) return false; // set for a unit and, by inheritance, for all below it
  const parent = await readProcess(process.ppid);
  return parent !== null && (parent.pid === 1 || parent.parentPid === 1);
}

/** The whole command that starts `folder`'s launcher as a transient user service. */
export function unitCommand(folder: string, runId: string, limits: UnitLimits): string[] {
  const property = (name: string, value: string | undefined) =>
    value === undefined || value === '' ? [] : ['-p', `${name}=${value}`];
  return [
    '--user',
    '--quiet',
    `--unit=${unitName(runId)}`,
    `--description=drover run ${runId}`,
    '--service-type=exec',
    ...property('KillMode', 'control-group'),
    // The kernel has ended the greediest process; whether the agent can go on without it is the agent's business.
    ...property('OOMPolicy', 'continue'),
    ...property('TimeoutStopSec', String(stopTimeoutSeconds)),
    // Services ignore PIPE unless told; agents and all they start would inherit that.
    ...property('IgnoreSIGPIPE', 'no'),
    ...property('MemoryMax', limits.memoryMax),
    ...property('MemorySwapMax', limits.memoryMax === undefined || limits.memoryMax === '' ? '' : '0'),
    ...property('TasksMax', limits.tasksMax),
    ...property('CPUQuota', limits.cpuQuota),
    '--',
    ...launcherCommand(folder).map((word) => word.replaceAll('$', '$$$$')), // `$$` is systemd's way to say `$`
  ];
}

/** The command of the launcher, in an environment of nothing but a PATH. */
export function launcherCommand(folder: string): [string, ...string[]] {
  const path = 'PATH=/usr/bin:/bin:/usr/sbin:/sbin';
  return ['/usr/bin/env', '-i', path, '/bin/sh', `${folder}/launcher.sh`, folder];
}

/** Asks the user manager; null when there is none. */
export async function systemctl(...args: readonly string[]): Promise<{ code: number; text: string } | null> {
  const environment = managerEnvironment();
  if (environment === null) return null;
  const answer = await runCommand('systemctl', ['--user', ...args], {
    env: environment,
    timeoutMs: managerTimeoutMs,
  });
  return { code: answer.code ?? 1, text: answer.stdout.toString('utf8') };
}

/** A unit whose processes are gone takes a moment to say so. */
const settlingMs = 2000;
const settlePollMs = 20;

/**
 * What the manager says of the run's unit, which is then forgotten there; null when it knows nothing, as after any
 * good end, or still runs it. A launcher that was killed leaves a failed unit, and this is how to learn why.
 */
export async function unitResult(runId: string, clock: Clock): Promise<UnitResult | null> {
  const unit = `${unitName(runId)}.service`;
  const deadline = clock.monotonic() + settlingMs;
  for (;;) {
    const answer = await systemctl('show', '--property=LoadState,ActiveState,Result,ExecMainStatus', unit);
    if (answer === null || answer.code !== 0) return null;
    const of = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(answer.text)?.[1] ?? '';
    if (of('LoadState') === 'not-found' || of('ActiveState') === 'inactive') return null;
    if (of('ActiveState') === 'failed') {
      await systemctl('reset-failed', unit);
      return { result: of('Result'), mainStatus: Number(of('ExecMainStatus')) };
    }
    if (clock.monotonic() >= deadline) return null;
    await clock.sleep(settlePollMs);
  }
}
