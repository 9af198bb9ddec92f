/** One job of the stand-in launchd: its process, and how `launchctl print` shows it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import type { PlistDict } from '../../src/service/launchd/plist.ts';

/** How a process ended; with neither, the kernel did not let it begin. */
export type End = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** A loaded label of the stand-in launchd. */
export type Job = {
  readonly label: string;
  readonly domain: string;
  readonly file: string;
  readonly plist: PlistDict;
  child: ChildProcess | null;
  state: string;
  runs: number;
  ended: End | null;
  /** How often it is still seen after its process has gone; null while it is not asked to leave. */
  leaving: number | null;
  timer: NodeJS.Timeout | null;
};

const systemPath = '/usr/bin:/bin:/usr/sbin:/sbin';

/** Starts the program of an agent as launchd does: nothing of our environment, output appended; null when it cannot be. */
export function startProgram(plist: PlistDict, label: string): ChildProcess | null {
  const [file = '', ...args] = plist.get('ProgramArguments') as string[];
  const variables = Object.fromEntries(
    (plist.get('EnvironmentVariables') ?? []) as Iterable<[string, string]>,
  );
  const opened: number[] = [];
  try {
    for (const key of ['StandardOutPath', 'StandardErrorPath'])
      opened.push(openSync(String(plist.get(key)), 'a'));
    statSync(file);
    return spawn(file, args, {
      cwd: '/',
      env: { PATH: systemPath, XPC_SERVICE_NAME: label, ...variables },
      stdio: ['ignore', ...opened],
      detached: true,
    });
  } catch {
    return null;
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/** SIGTERM, by a slow machine some time later, and SIGKILL after ExitTimeOut. */
export function endProgram(job: Job, delayMs: number): void {
  const { child } = job;
  if (child === null) return;
  job.state = 'SIGTERMed';
  if (delayMs === 0) child.kill('SIGTERM');
  else setTimeout(() => child.kill('SIGTERM'), delayMs);
  const timer = setTimeout(
    () => {
      job.state = 'SIGKILLed';
      child.kill('SIGKILL');
    },
    Number(job.plist.get('ExitTimeOut')) * 1000,
  );
  child.once('exit', () => clearTimeout(timer));
}

/** Signals all that is left of a job's process group. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-(child.pid ?? 0), signal);
  } catch {
    // nobody is left in it
  }
}

/** A job as macOS 15 prints it, with what else has a `state` and a `pid` in it. */
export function describe(job: Job): string {
  const { ended, child } = job;
  const end =
    ended === null
      ? 'last exit code = (never exited)'
      : ended.signal === null && ended.code === null
        ? 'last exit reason = OS_REASON_CODESIGNING'
        : ended.signal !== null
          ? `last terminating signal = ${ended.signal}: 9`
          : `last exit code = ${ended.code === 78 ? '78: EX_CONFIG' : ended.code}`;
  return [
    `${job.domain}/${job.label} = {`,
    `\tactive count = ${child === null ? 0 : 1}`,
    `\tpath = ${job.file}`,
    '\ttype = LaunchAgent',
    `\tstate = ${job.state}`,
    '',
    '\tenvironment = {',
    '\t\tstate = nonsense',
    '\t}',
    '',
    `\truns = ${job.runs}`,
    ...(child === null ? [] : [`\tpid = ${child.pid}`]),
    `\t${end}`,
    '',
    '\tresource coalition = {',
    '\t\tstate = active',
    '\t\tpid = 1',
    '\t}',
    '}',
    '',
  ].join('\n');
}
