import { closeSync, openSync, readFileSync } from 'node:fs';
import {
  detachedVariable,
  isAlive,
  type Paths,
  type ProcessIdentity,
  readIdentity,
  spawnDetached,
} from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { AppError, type ErrorCode, errorCodes, isAppError, type Status } from '../contract/index.ts';
import type { CliContext } from './context.ts';
import { openErrorFile } from './error-file.ts';
import { assertWanted } from './wanted-daemon.ts';

/** How long a daemon may take until it is ready. */
export const startDeadlineMs = 15_000;
/** How often a daemon that is starting is asked. */
export const startPollMs = 25;
const respawnMs = 250;

export type DetachedStart = {
  readonly context: CliContext;
  readonly paths: Paths;
  /** Made anew for each try: the endpoint file may appear meanwhile. */
  readonly connect: () => Client;
  readonly args: readonly string[];
  readonly tokens: { readonly admin: string | undefined; readonly readonly: string | undefined };
};

/**
 * Starts the daemon in a session of its own and waits until it answers as ready.
 *
 * 1. One that answers already is returned: nothing is started.
 * 2. The child writes its errors to a file; its last line is a problem document when it refuses to start.
 * 3. A child that lost against another one (`already_running`) makes us wait for the winner; when that one was just
 *    stopping, a new child is started.
 * 4. A child that has not got as far when another one is ready is ended.
 * 5. Any other end of the child, or the deadline, is thrown with the reason it gave.
 */
export async function startDetached(start: DetachedStart): Promise<{ isNew: boolean; status: Status }> {
  const { clock } = start.context;
  const running = await wantedStatus(start);
  if (running !== null) return { isNew: false, status: running };
  const deadline = clock.monotonic() + startDeadlineMs;
  const errors = openErrorFile(start.paths);
  try {
    let child = await spawnChild(start, errors.path);
    for (;;) {
      const identity = await readIdentity(child);
      const status = await wantedStatus(start);
      if (status !== null) {
        if (status.pid === child) errors.keep();
        else if (identity !== null) await withdraw(identity);
        return { isNew: status.pid === child, status };
      }
      if (identity === null) {
        const reason = reasonIn(errors.path);
        if (reason.code !== 'already_running' || isElsewhere(reason, start)) throw reason;
        await clock.sleep(respawnMs);
        if ((await wantedStatus(start)) === null) child = await spawnChild(start, errors.path);
      }
      if (clock.monotonic() > deadline) {
        throw new AppError(
          'start_failed',
          `The daemon (pid ${child}) is not ready after ${startDeadlineMs / 1000} s`,
          {
            hint: 'look at its log: drover logs',
          },
        );
      }
      await clock.sleep(startPollMs);
    }
  } finally {
    errors.close();
  }
}

/** Ends a child that is not needed. Left alone it would serve, unasked for, were the other one stopped right now. */
async function withdraw(child: ProcessIdentity): Promise<void> {
  if (!(await isAlive(child))) return;
  try {
    process.kill(child.pid, 'SIGTERM');
  } catch {
    // it has just found the other one by itself
  }
}

/** The same, of no other daemon than the one that is to be started. */
async function wantedStatus({ connect, paths }: DetachedStart): Promise<Status | null> {
  const status = await readyStatus(connect);
  if (status !== null) assertWanted(status, paths);
  return status;
}

/** The status of a daemon that is ready; null while there is none. */
export async function readyStatus(connect: () => Client): Promise<Status | null> {
  try {
    const status = await connect().call('status', { deadlineMs: 5000 });
    return status.ready ? status : null;
  } catch (error) {
    const isOnItsWay = ['daemon_not_running', 'busy', 'draining', 'timeout'].some((code) =>
      isAppError(error, code as ErrorCode),
    );
    if (isOnItsWay) return null;
    throw error;
  }
}

/** True when the daemon that holds the state root listens on another socket than we look at: it would never answer us. */
function isElsewhere({ fields }: AppError, { connect }: DetachedStart): boolean {
  if (typeof fields.socket !== 'string') return false; // just starting or stopping
  try {
    const { endpoint } = connect();
    return endpoint.kind === 'socket' && endpoint.path !== fields.socket;
  } catch {
    return false; // it is known by its endpoint file only, which is about to appear
  }
}

async function spawnChild(start: DetachedStart, errorFile: string): Promise<number> {
  const { context, tokens } = start;
  const stderr = openSync(errorFile, 'w', 0o600);
  try {
    const env = {
      ...context.env,
      ...tokenEnv(tokens),
      ...withoutRun,
      ...(context.env.DROVER_RUN_ID ? withoutPlaces : {}),
      [detachedVariable]: '1',
    };
    const defined = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return await spawnDetached(
      process.execPath,
      [...context.program, 'daemon', 'start', '--foreground', '--json', ...start.args, ...placesOfRun(start)],
      { cwd: context.cwd, env: Object.fromEntries(defined), stdio: ['ignore', 'ignore', stderr] },
    );
  } finally {
    closeSync(stderr);
  }
}

/** A daemon that was started from inside a run is not part of it: the run's end must not sweep it away. */
const withoutRun = { DROVER_RUN_ID: undefined, DROVER_RUN_TOKEN: undefined };
/** Without the mark of a run these would mean something else: they are given as options. */
const withoutPlaces = { DROVER_SOCKET: undefined, DROVER_STATE_ROOT: undefined };

function placesOfRun({ context, paths, args }: DetachedStart): string[] {
  if (!context.env.DROVER_RUN_ID) return [];
  const isGiven = (name: string) => args.some((arg) => arg.startsWith(`${name}=`));
  return [
    ...(isGiven('--state-root') || !paths.isStateRootNamed ? [] : [`--state-root=${paths.stateRoot}`]),
    ...(isGiven('--socket') || paths.socketFrom !== 'env' ? [] : [`--socket=${paths.socket}`]),
  ];
}

/** Tokens travel by environment: arguments can be read by every user of the machine. */
function tokenEnv(tokens: DetachedStart['tokens']): Record<string, string> {
  return {
    ...(tokens.admin === undefined ? {} : { DROVER_HTTP_ADMIN_TOKEN: tokens.admin }),
    ...(tokens.readonly === undefined ? {} : { DROVER_HTTP_READONLY_TOKEN: tokens.readonly }),
  };
}

/** Why the child ended: its last line, as the AppError it describes where it is a problem document. */
function reasonIn(errorFile: string): AppError {
  const lines = readFileSync(errorFile, 'utf8').trim().split('\n');
  const last = lines.at(-1) ?? '';
  try {
    const { code, detail, hint, status: _status, ...fields } = JSON.parse(last);
    if (typeof code === 'string' && Object.hasOwn(errorCodes, code)) {
      return new AppError(code as ErrorCode, String(detail), {
        fields,
        ...(hint ? { hint: String(hint) } : {}),
      });
    }
  } catch {
    // not a problem document: the line itself is the reason
  }
  const line = lines.findLast((text) => /^(?:\w*Error|error)\b[^:]*: /.test(text)) ?? last;
  return new AppError(
    'start_failed',
    `The daemon did not start: ${line === '' ? 'it said nothing' : line.trim()}`,
    {
      hint: 'run it in this terminal to see more: drover daemon start --foreground',
    },
  );
}
