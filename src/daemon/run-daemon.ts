import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { detachedVariable, type Paths, systemClock } from '../base/index.ts';
import { type Config, version } from '../contract/index.ts';
import { loadConfig } from '../foundation/config/index.ts';
import { takeInlineTokens } from '../foundation/tokens/index.ts';
import { keepHeapSmall } from './heap.ts';
import { takeInstanceLock } from './instance-lock.ts';
import { createDaemonLog } from './log/create.ts';
import { chooseStderrFormat, createStderrWriter } from './log/stderr.ts';
import { takeServiceEnvironment } from './notify/index.ts';
import { serve } from './serve.ts';
import { prepareStateRoot } from './state-root.ts';
import { createWarnings } from './warnings.ts';

/** What a command line may say about a daemon that is to be started. */
export type RunDaemonOptions = {
  readonly paths: Paths;
  readonly env: NodeJS.ProcessEnv;
  /** Wins over `socket_path`. */
  readonly socket?: string | undefined;
  /** Wins over `addr`. */
  readonly addr?: string | undefined;
  readonly adminToken?: string | undefined;
  readonly readonlyToken?: string | undefined;
};

/**
 * Runs the daemon until it is told to stop; resolves with the exit code. Throws an AppError when it cannot start. In
 * order: state root, instance lock, log, configuration, store, listeners, recovery, PID files, ready. Nothing before the
 * lock touches what another daemon may hold; the lock goes last.
 */
export async function runDaemon(options: RunDaemonOptions): Promise<number> {
  keepHeapSmall();
  const clock = systemClock;
  const uid = process.getuid?.() ?? 0;
  const isDetached = options.env[detachedVariable] !== undefined;
  delete options.env[detachedVariable];
  const service = takeServiceEnvironment(options.env, process.pid);
  const inlineTokens = takeInlineTokens(options.env, definedTokens(options));
  await prepareStateRoot({ path: options.paths.stateRoot, uid });
  const lock = takeInstanceLock({ stateRoot: options.paths.stateRoot });
  try {
    const load = () =>
      loadConfig({ path: options.paths.config, isNamed: options.paths.isConfigNamed, home: homedir() });
    const loaded = await load();
    const paths = { ...options.paths, socket: chooseSocket(options, loaded.config) };
    const startedAt = clock.now();
    const instance = { id: randomUUID(), version, startedAt, startedMonotonic: clock.monotonic() };
    const stderrFormat = chooseStderrFormat(options.env);
    delete options.env.JOURNAL_STREAM; // it tells of our stderr, and of nobody else's
    const daemonLog = createDaemonLog({
      folder: paths.logs,
      clock,
      settings: loaded.config.log,
      ...(isDetached ? {} : { stderr: { format: stderrFormat, write: createStderrWriter() } }),
    });
    try {
      await serve({
        env: options.env,
        addr: options.addr,
        paths,
        instance,
        loaded,
        load,
        daemonLog,
        warnings: createWarnings(),
        inlineTokens,
        service,
        exit: (code) => process.exit(code),
      });
      return 0;
    } catch (error) {
      daemonLog.log.error('the daemon could not start', { err: error });
      throw error;
    } finally {
      daemonLog.close();
    }
  } finally {
    lock.close();
  }
}

/** Where the daemon listens: what was named, else what the configuration says, else the computed place. */
export function chooseSocket({ paths, socket }: RunDaemonOptions, config: Config): string {
  if (socket !== undefined) return socket;
  return paths.socketFrom === 'computed' && config.socket_path !== '' ? config.socket_path : paths.socket;
}

function definedTokens({ adminToken, readonlyToken }: RunDaemonOptions) {
  return {
    ...(adminToken === undefined ? {} : { admin: adminToken }),
    ...(readonlyToken === undefined ? {} : { readonly: readonlyToken }),
  };
}
