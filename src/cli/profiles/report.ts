import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { createClient, type KnownProfile, liveEndpoint, readEndpoint } from '../../client/index.ts';
import type { Endpoint, Status } from '../../contract/index.ts';
import { type AppError, isAppError } from '../../contract/index.ts';

/** How long a daemon may take to answer: one that hangs must not hold up the list. */
export const answerMs = 1500;

export type ProfileStatus =
  | 'running'
  | 'starting'
  | 'stopping'
  | 'not_answering'
  | 'not_running'
  | 'failed'
  | 'broken';

/** A profile as `drover list-profiles --json` prints it. Keys are added, never changed. */
export type ProfileReport = {
  readonly name: string;
  readonly status: ProfileStatus;
  /** Why it is not simply running or not running. */
  readonly reason: string | null;
  readonly pid: number | null;
  readonly version: string | null;
  /** The hub that the daemon is linked to, and what it is called there. */
  readonly server: string | null;
  readonly host: string | null;
  readonly socket: string;
  readonly address: string | null;
  /** Null: the defaults, without a file. */
  readonly config: string | null;
  readonly state_root: string;
  readonly service: ProfileService | null;
};

/** The unit of a profile and what its manager says of it; `state` is null where nobody could be asked. */
export type ProfileService = {
  readonly unit: string;
  readonly file: string;
  readonly state: string | null;
  readonly reason: string | null;
};

export type ReportOptions = {
  readonly service: ProfileService | null;
  /** The service manager listens: to ask a daemon that does not run would start it. */
  readonly hasSocketUnit: boolean;
  readonly token: string | undefined;
};

/** Asks the daemon of a profile how it does. Never throws, and ends within {@link answerMs}. */
export async function reportProfile(profile: KnownProfile, options: ReportOptions): Promise<ProfileReport> {
  const { name, paths, hasConfig } = profile;
  const found = await ask(profile, options);
  const idle = found.status === 'not_running';
  const broken = idle ? whatIsBroken(profile) : null;
  const unit = idle ? options.service : null;
  const isFailed = unit?.state === 'failed';
  return {
    name,
    socket: paths.socket,
    config: hasConfig ? paths.config : null,
    state_root: paths.stateRoot,
    ...found,
    ...(isFailed ? { status: 'failed' } : {}),
    reason: found.reason ?? unit?.reason ?? (isFailed ? 'its service failed' : null),
    ...(broken === null ? {} : { status: 'broken', reason: broken }),
    server: null,
    host: null,
    service: options.service,
  };
}

type Found = Pick<ProfileReport, 'status' | 'reason' | 'pid' | 'version' | 'address'> &
  Partial<Pick<ProfileReport, 'socket' | 'config' | 'state_root'>>;

const notRunning = { status: 'not_running', pid: null, version: null, address: null } as const;

async function ask(
  { name, paths, hasState }: KnownProfile,
  { token, hasSocketUnit }: ReportOptions,
): Promise<Found> {
  const live = liveEndpoint(paths);
  const socket = live?.socket ?? paths.socket;
  if (live === null && hasSocketUnit)
    return { ...notRunning, reason: 'its socket listens: whoever connects starts it' };
  if (live === null && !isSocketThere(socket)) {
    const isLeft = hasState && readEndpoint(paths.endpointFile) !== null;
    return { ...notRunning, reason: isLeft ? 'it ended without being stopped' : null };
  }
  try {
    const client = createClient({ kind: 'socket', path: socket, token });
    return toFound(await client.call('status', { deadlineMs: answerMs }), name, socket);
  } catch (error) {
    return whyNoAnswer(error, live, socket);
  }
}

function toFound(status: Status, name: string, socket: string): Found {
  if (status.profile !== name) {
    const reason = `its socket ${socket} belongs to profile '${status.profile}' (pid ${status.pid})`;
    return { ...notRunning, reason };
  }
  const { pid, version, address, config, state_root } = status;
  const state = status.draining ? 'stopping' : status.ready ? 'running' : 'starting';
  return { status: state, reason: null, pid, version, address, config, state_root, socket: status.socket };
}

function whyNoAnswer(error: unknown, live: Endpoint | null, socket: string): Found {
  const of = {
    pid: live?.pid ?? null,
    version: live?.version ?? null,
    address: live?.address ?? null,
    socket,
  };
  if (isAppError(error, 'unauthorized') || isAppError(error, 'forbidden'))
    return { ...of, status: 'running', reason: 'it tells a run of another profile nothing' };
  const isGone = isAppError(error, 'daemon_not_running');
  if (isGone && live === null) return { ...notRunning, reason: null };
  const reason = isGone
    ? `process ${live?.pid} is there, but nobody listens on ${socket}`
    : ((error as AppError).message ?? String(error));
  return { ...of, status: 'not_answering', reason };
}

/** What would keep a daemon of this profile from starting, as far as a look from outside tells. */
function whatIsBroken({ paths, hasConfig }: KnownProfile): string | null {
  try {
    const state = statSync(paths.stateRoot, { throwIfNoEntry: false });
    if (state !== undefined && !state.isDirectory())
      return `the state root ${paths.stateRoot} is not a folder`;
    if (state !== undefined && state.uid !== process.getuid?.())
      return `the state root ${paths.stateRoot} belongs to uid ${state.uid}`;
    if (state !== undefined && (state.mode & 0o022) !== 0)
      return `the state root ${paths.stateRoot} can be written by other users`;
    if (hasConfig && !statSync(paths.config).isFile())
      return `the configuration ${paths.config} is not a file`;
  } catch (error) {
    const { code = String(error), path = paths.stateRoot } = error as NodeJS.ErrnoException;
    return `${path} cannot be looked at (${code})`;
  }
  return null;
}

function isSocketThere(path: string): boolean {
  try {
    return isAbsolute(path) && statSync(path, { throwIfNoEntry: false })?.isSocket() === true;
  } catch {
    return false; // closed to us: its daemon is not ours
  }
}
