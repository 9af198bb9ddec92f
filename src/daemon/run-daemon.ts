import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import {
  detachedVariable,
  inBackground,
  type Log,
  type Paths,
  readIdentity,
  settleMemory,
  systemClock,
} from '../base/index.ts';
import { AppError, type Config, type ReloadResult, version } from '../contract/index.ts';
import { loadConfig } from '../foundation/config/index.ts';
import { takeInlineTokens } from '../foundation/tokens/index.ts';
import { type Composed, compose } from './compose.ts';
import { createDrain } from './drain.ts';
import { keepHeapSmall } from './heap.ts';
import { takeInstanceLock } from './instance-lock.ts';
import { assertGuarded, formatAddress, parseListenAddress } from './listen-address.ts';
import { createDaemonLog, type DaemonLog } from './log/create.ts';
import { chooseStderrFormat, createStderrWriter } from './log/stderr.ts';
import {
  createNotifier,
  firstInheritedFd,
  type ServiceEnvironment,
  takeServiceEnvironment,
} from './notify/index.ts';
import { removePidFiles, writePidFiles } from './pid-files.ts';
import { isLongToOpen, pulseOf } from './pulse.ts';
import { reloadConfig } from './reload.ts';
import { installSignals } from './signals.ts';
import { prepareStateRoot } from './state-root.ts';
import { createWarnings, type Warnings } from './warnings.ts';

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

/** How long requests under way may take to end at a stop. */
const drainGraceMs = 5000;
/** What the socket unit calls the socket of the control plane. */
const controlSocketName = 'control';
/** Memory is settled when what a start brings with it, such as the first requests, is over. */
const settleAfterMs = 1000;
/** Retention looks at finished runs this often. */
const retainEveryMs = 3_600_000;

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
    const warnings = createWarnings();
    try {
      return await serve({
        options,
        paths,
        instance,
        loaded,
        load,
        daemonLog,
        warnings,
        inlineTokens,
        service,
      });
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

type Serving = {
  readonly options: RunDaemonOptions;
  readonly paths: Paths;
  readonly instance: Parameters<typeof compose>[0]['instance'];
  readonly loaded: { readonly config: Config; readonly path: string | null };
  readonly load: () => Promise<{ readonly config: Config; readonly path: string | null }>;
  readonly daemonLog: DaemonLog;
  readonly warnings: Warnings;
  readonly inlineTokens: ReturnType<typeof takeInlineTokens>;
  readonly service: ServiceEnvironment;
};

async function serve(serving: Serving): Promise<number> {
  const { options, paths, instance, daemonLog, warnings } = serving;
  const { log } = daemonLog;
  let config = serving.loaded.config;
  let configPath = serving.loaded.path;
  let phase: 'starting' | 'ready' | 'draining' = 'starting';
  const stopping = Promise.withResolvers<string>();

  let reloads = { isLastGood: true, failures: 0, lastSuccessAt: instance.startedAt };

  const reload = async (): Promise<ReloadResult> => {
    try {
      const { config: next, result } = await reloadConfig({
        current: config,
        load: async () => {
          const loaded = await serving.load();
          configPath = loaded.path;
          return loaded.config;
        },
        prepare: [(wanted) => parts.tokens.prepare(wanted.auth)],
      });
      config = next;
      daemonLog.apply(config.log);
      reloads = { ...reloads, isLastGood: true, lastSuccessAt: systemClock.now() };
      warnings.clear('config');
      await registerRepos(parts, config, warnings);
      await parts.store.write((tx) =>
        tx.event({
          type: 'daemon.reloaded',
          data: { applied: result.applied, needs_restart: result.needs_restart },
          source: 'person',
        }),
      );
      parts.runs.tick();
      log.info('configuration reloaded', { applied: result.applied, needs_restart: result.needs_restart });
      return result;
    } catch (error) {
      const [why, ...more] = (error instanceof Error ? error.message : String(error)).split('\n');
      const others = more.length === 0 ? '' : '; `drover daemon reload` says all';
      reloads = { ...reloads, isLastGood: false, failures: reloads.failures + 1 };
      warnings.set('config', `The configuration was not reloaded: ${why}${others}`);
      log.error('the configuration was not reloaded', { err: error });
      throw error;
    }
  };

  const notifier = createNotifier({
    service: serving.service,
    pid: process.pid,
    path: options.env.PATH,
    clock: systemClock,
    log,
  });
  notifier.starting(isLongToOpen(paths.database));
  let parts: Composed;
  try {
    parts = compose({
      paths,
      instance,
      config: () => config,
      configPath: () => configPath,
      phase: () => phase,
      inlineTokens: serving.inlineTokens,
      env: options.env,
      log,
      warnings,
      reload,
      shutdown: (reason) => stopping.resolve(reason),
      reloads: () => reloads,
      droppedLogLines: daemonLog.dropped,
      service: serving.service.service,
    });
  } catch (error) {
    await notifier.stopping('the start failed'); // else its questions for more time would keep this process for ever
    throw error;
  }
  const off = installSignals({
    onStop: async (reason) => stopping.resolve(reason),
    onReload: async () => void (await reload().catch(() => null)), // it has said why
    exit: (code) => process.exit(code),
    log,
  });
  let reason = 'the start failed';
  try {
    await listenLocally(parts.http, paths.socket, serving.service);
    await listenTcp(parts, options.addr ?? config.addr, config);
    await registerRepos(parts, config, warnings);
    parts.runs.recover();
    const address = parts.http.address().tcp;
    const identity = await readIdentity(process.pid);
    await writePidFiles(paths.stateRoot, {
      pid: process.pid,
      start_time: identity?.startTime ?? '',
      boot_id: identity?.bootId ?? '',
      instance_id: instance.id,
      version: instance.version,
      socket: paths.socket,
      address: address === null ? null : formatAddress(address),
    });
    await parts.store.write((tx) =>
      tx.event({
        type: 'daemon.started',
        data: { version: instance.version, instance_id: instance.id, pid: process.pid },
        source: 'daemon',
      }),
    );
    phase = 'ready';
    log.info('ready', {
      socket: paths.socket,
      address: address === null ? null : formatAddress(address),
      pid: process.pid,
    });
    inBackground(log, 'tell the service manager', notifier.ready(pulseOf(parts)));
    const stopRetention = retainRegularly(parts, log);
    setTimeout(settleMemory, settleAfterMs).unref();
    reason = await stopping.promise;
    stopRetention();
    return 0;
  } finally {
    phase = 'draining';
    const told = notifier.stopping(reason);
    await stop(parts, { paths, instanceId: instance.id, log, reason });
    await told;
    off();
  }
}

/** In this order: listeners closed and readers told, runs left alone, the stop journaled, store closed, files removed. */
async function stop(
  parts: Composed,
  { paths, instanceId, log, reason }: { paths: Paths; instanceId: string; log: Log; reason: string },
): Promise<void> {
  const { store, http, runs } = parts;
  const drain = createDrain({
    clock: systemClock,
    log,
    steps: [
      {
        name: 'connections',
        timeoutMs: drainGraceMs + 1000,
        run: () => http.close({ graceMs: drainGraceMs }),
      },
      { name: 'runs', timeoutMs: 5000, run: () => runs.detach() },
      {
        name: 'journal',
        timeoutMs: 2000,
        run: async () =>
          void (await store.write((tx) =>
            tx.event({ type: 'daemon.stopping', data: { reason }, source: 'daemon' }),
          )),
      },
      { name: 'store', timeoutMs: 2000, run: () => store.close() },
      { name: 'files', timeoutMs: 1000, run: () => removePidFiles(paths.stateRoot, instanceId) },
    ],
  });
  await drain(reason);
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

/** On the socket that the service manager holds, else on one of our own. */
async function listenLocally(
  http: Composed['http'],
  path: string,
  { inherited }: ServiceEnvironment,
): Promise<void> {
  if (inherited === null) return http.listenSocket(path);
  const index = inherited.names.indexOf(controlSocketName);
  if (index === -1 && inherited.names.length > 1) {
    throw new AppError(
      'address_invalid',
      `The service manager handed over sockets that are called ${inherited.names.join(', ')}, none '${controlSocketName}'`,
      { hint: `name the one for the control plane: FileDescriptorName=${controlSocketName}` },
    );
  }
  await http.listenInherited(firstInheritedFd + Math.max(index, 0), path);
}

async function listenTcp(parts: Composed, addr: string, config: Config): Promise<void> {
  const address = parseListenAddress(addr);
  if (address === null) return;
  assertGuarded(address, config.auth.mode, parts.tokens.hasAdmin());
  await parts.http.listenTcp(address.host, address.port);
}

/** Registers what the configuration names; what is missing becomes a warning, never a failed start. */
async function registerRepos({ repos }: Composed, config: Config, warnings: Warnings): Promise<void> {
  const found = await repos.syncFromConfig(config.repos);
  warnings.replace('repos:', new Map(found.map((text, index) => [`repos:${index}`, text])));
}

function retainRegularly(parts: Composed, log: Log): () => void {
  const sweep = () => inBackground(log, 'retention', parts.retain());
  sweep();
  const timer = setInterval(sweep, retainEveryMs);
  return () => clearInterval(timer);
}
