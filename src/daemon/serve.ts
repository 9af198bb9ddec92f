import {
  inBackground,
  type Log,
  type Paths,
  readIdentity,
  settleMemory,
  systemClock,
} from '../base/index.ts';
import type { InlineTokens } from '../foundation/tokens/index.ts';
import { type Composed, compose } from './compose.ts';
import { listenLocally, listenTcp } from './listen.ts';
import { formatAddress } from './listen-address.ts';
import { createLiveConfig, type LiveConfigOptions, registerRepos } from './live-config.ts';
import { createNotifier, type ServiceEnvironment } from './notify/index.ts';
import { writePidFiles } from './pid-files.ts';
import { isLongToOpen, pulseOf } from './pulse.ts';
import type { Instance } from './services/index.ts';
import { settleWhenQuiet } from './settle.ts';
import { installSignals } from './signals.ts';
import { stop } from './stop.ts';

/** What was found out and taken before anything is opened. */
export type Serving = Pick<LiveConfigOptions, 'loaded' | 'load' | 'daemonLog' | 'warnings'> & {
  readonly env: NodeJS.ProcessEnv;
  /** Instead of what the configuration says. */
  readonly addr: string | undefined;
  readonly paths: Paths;
  readonly instance: Instance;
  readonly inlineTokens: InlineTokens;
  readonly service: ServiceEnvironment;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
};

/** Memory is settled when what a start brings with it, such as the first requests, is over. */
const settleAfterMs = 1000;
/** Retention looks at finished runs this often. */
const retainEveryMs = 3_600_000;

/**
 * Opens the store, listens, recovers, and serves until a signal or a request says that it is enough; then stops in order.
 * The service manager hears of each step, and of a start that failed as well.
 */
export async function serve(serving: Serving): Promise<void> {
  const { env, paths, instance, daemonLog, warnings, service } = serving;
  const { log } = daemonLog;
  let phase: 'starting' | 'ready' | 'draining' = 'starting';
  const stopping = Promise.withResolvers<string>();
  const live = createLiveConfig({ ...serving, startedAt: instance.startedAt, parts: () => parts });
  const notifier = createNotifier({ service, pid: process.pid, path: env.PATH, clock: systemClock, log });
  notifier.starting(isLongToOpen(paths.database));
  let parts: Composed;
  try {
    parts = compose({
      paths,
      instance,
      config: live.config,
      configPath: live.path,
      phase: () => phase,
      inlineTokens: serving.inlineTokens,
      env,
      log,
      warnings,
      reload: live.reload,
      shutdown: (reason) => stopping.resolve(reason),
      reloads: live.figures,
      droppedLogLines: daemonLog.dropped,
      service: service.service,
    });
  } catch (error) {
    await notifier.stopping('the start failed'); // else its questions for more time would keep this process for ever
    throw error;
  }
  const off = installSignals({
    onStop: async (reason) => stopping.resolve(reason),
    onReload: async () => void (await live.reload().catch(() => null)), // it has said why
    exit: serving.exit,
    log,
  });
  let reason = 'the start failed';
  try {
    await listenLocally(parts.http, paths.socket, service);
    await listenTcp(parts, serving.addr ?? live.config().addr, live.config());
    await registerRepos(parts, live.config(), warnings);
    parts.runs.recover();
    parts.plans.recover();
    parts.signals.start();
    await parts.hooks.configure(live.config().hooks);
    await announce(parts, serving);
    phase = 'ready';
    inBackground(log, 'tell the service manager', notifier.ready(pulseOf(parts)));
    const stopRetention = retainRegularly(parts, log);
    setTimeout(settleMemory, settleAfterMs).unref();
    const { subscribe, lastSeq } = parts.journal;
    const stopSettling = settleWhenQuiet({ subscribe, lastSeq: lastSeq(), settle: settleMemory });
    reason = await stopping.promise;
    stopSettling();
    stopRetention();
  } finally {
    phase = 'draining';
    const told = notifier.stopping(reason);
    await stop(parts, { stateRoot: paths.stateRoot, instanceId: instance.id, log, reason });
    await told;
    off();
  }
}

/** Writes down who serves and where: in the PID files, in the journal, in the log. */
async function announce(parts: Composed, { paths, instance, daemonLog }: Serving): Promise<void> {
  const { pid } = process;
  const { socket } = paths;
  const tcp = parts.http.address().tcp;
  const address = tcp === null ? null : formatAddress(tcp);
  const identity = await readIdentity(pid);
  await writePidFiles(paths.stateRoot, {
    pid,
    start_time: identity?.startTime ?? '',
    boot_id: identity?.bootId ?? '',
    instance_id: instance.id,
    version: instance.version,
    socket,
    address,
  });
  await parts.store.write((tx) =>
    tx.event({
      type: 'daemon.started',
      data: { version: instance.version, instance_id: instance.id, pid },
      source: 'daemon',
    }),
  );
  daemonLog.log.info('ready', { socket, address, pid });
}

function retainRegularly(parts: Composed, log: Log): () => void {
  const sweep = () => inBackground(log, 'retention', parts.retain());
  sweep();
  const timer = setInterval(sweep, retainEveryMs);
  return () => clearInterval(timer);
}
