import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { beginLastWords, type Paths, systemClock, toTimestamp } from '../base/index.ts';
import { version } from '../contract/index.ts';

/**
 * Exit codes of a start that would fail the same way again: bad input (2), not allowed (4), a conflict such as another
 * daemon (6). systemd knows them by RestartPreventExitStatus.
 */
export const hopelessExitCodes: readonly number[] = [2, 4, 6];

/** True for a process that launchd started as drover's service. */
export function isUnderLaunchd(env: Readonly<Record<string, string | undefined>>): boolean {
  return env.DROVER_SERVICE?.startsWith('launchd:') === true;
}

/**
 * What launchd cannot do: it starts a daemon that failed again and again, whatever the reason, and it lets the error file
 * grow for ever. So the file is cut and marked here, and a start that would fail the same way again ends with 0, which
 * launchd takes for a wish to stay down. The reason stands in the file, for `drover daemon status` and a person.
 */
export function settleUnderLaunchd(paths: Paths | null): void {
  try {
    beginLastWords({
      fd: 2,
      path: paths === null ? null : join(paths.logs, 'daemon.stderr'),
      line: `${toTimestamp(systemClock.now())} drover ${version} starts, pid ${process.pid}`,
    });
  } catch {
    // a full disk, say: nothing that should keep the daemon from starting
  }
  process.on('exit', (code) => {
    if (!hopelessExitCodes.includes(code)) return;
    process.exitCode = 0;
    try {
      writeSync(2, `hint: exit code ${code} is told to launchd as 0, so that it does not start this again\n`);
    } catch {
      // the same
    }
  });
}
