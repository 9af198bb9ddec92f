import { homedir, userInfo } from 'node:os';
import { runCommand, systemClock } from '../base/index.ts';
import type { ServiceWorld } from './types.ts';

/** Output of a service manager is short; a log that is shown may have long lines. */
const maxOutputBytes = 2 ** 20;

/** This machine, as a command with this environment sees it. */
export function machineWorld(env: ServiceWorld['env']): ServiceWorld {
  return {
    platform: process.platform,
    env,
    home: env.HOME || homedir(),
    uid: process.getuid?.() ?? 0,
    user: userName(env),
    clock: systemClock,
    run: async (file, args, options) => {
      const { code, stdout, stderr, timedOut } = await runCommand(file, args, { ...options, maxOutputBytes });
      return { code, stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8'), timedOut };
    },
  };
}

/** The home folder that the system's list of users has: what a service gets, whatever a shell says. */
export function homeOfUser(): string | null {
  try {
    return userInfo().homedir;
  } catch {
    return null; // a uid without an entry, as in containers
  }
}

function userName(env: ServiceWorld['env']): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER || String(process.getuid?.() ?? ''); // a uid without an entry, as in containers
  }
}
