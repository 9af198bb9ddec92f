import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { computePaths, type PathFlags, type Paths, parseProcStat } from '../base/index.ts';
import { type Endpoint, parseEndpoint } from '../contract/index.ts';

/** The environment of a command. */
export type Env = Readonly<Record<string, string | undefined>>;

/** The places of the profile that flags and environment name, on this machine. Throws RangeError on a bad name. */
export function machinePaths(flags: PathFlags, env: Env, cwd: string): Paths {
  return computePaths({
    flags,
    env,
    uid: process.getuid?.() ?? 0,
    home: env.HOME || homedir(),
    cwd,
    ownerOf: (path) => statSync(path, { throwIfNoEntry: false })?.uid ?? null,
  });
}

/** What the endpoint file says, or null where there is none or it is not whole. */
export function readEndpoint(path: string): Endpoint | null {
  try {
    return parseEndpoint(readFileSync(path, 'utf8'));
  } catch {
    return null; // no file: the daemon is not running, or keeps to the computed path
  }
}

/**
 * The socket a client tries: `--socket`, `$DROVER_SOCKET`, the endpoint file, the computed path. With `--state-root`
 * the endpoint file there wins over the environment's socket. Null when a state root was named and no daemon of it is
 * known: a computed path outside of it may be that of another one's daemon, which is not the one that is meant.
 */
export function locateSocket(paths: Paths, flags: PathFlags): string | null {
  const isNamed = paths.socketFrom === 'flag' || (paths.socketFrom === 'env' && !flags.stateRoot);
  if (isNamed) return paths.socket;
  const endpoint = liveEndpoint(paths);
  if (endpoint !== null) return endpoint.socket;
  if (!paths.isStateRootNamed) return paths.socket;
  return dirname(paths.socket) === paths.stateRoot && existsSync(paths.socket) ? paths.socket : null;
}

/** The endpoint file of a daemon that has not surely ended; null when there is none. */
export function liveEndpoint(paths: Paths): Endpoint | null {
  const endpoint = readEndpoint(paths.endpointFile);
  return endpoint === null || hasEnded(endpoint) ? null : endpoint;
}

/** True when the process that wrote the file is surely gone: its socket may have become another daemon's. */
function hasEnded({ pid, start_time }: Endpoint): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  if (process.platform !== 'linux' || start_time === '') return false;
  try {
    const row = parseProcStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return row === null || row.isZombie || row.startTime !== start_time;
  } catch {
    return false; // hidden from us: the socket tells
  }
}
