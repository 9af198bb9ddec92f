import type { EventEmitter } from 'node:events';
import { inBackground, type Log } from '../base/index.ts';

/** What the daemon does about signals and about faults that nobody caught. */
export type SignalOptions = {
  /** Drains and ends the process. Called once, at the first SIGTERM or SIGINT. */
  readonly onStop: (reason: string) => Promise<void>;
  /** Re-reads the configuration, at SIGHUP. A bad file is its own affair to log. */
  readonly onReload: () => Promise<void>;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
  readonly log: Log;
  /** The process; a test gives its own. */
  readonly source?: EventEmitter;
  /** stdout and stderr: their reader may go, or their terminal close, without ending the daemon. */
  readonly outputs?: readonly EventEmitter[];
};

/** 128 + SIGINT, as a shell says it. */
export const interruptedExitCode = 130;

/**
 * Listens until the returned function is called:
 * 1. SIGTERM and SIGINT drain, once; a second SIGINT ends at once (a person at the keyboard has waited enough). Runs live on
 *    either way.
 * 2. SIGHUP reloads, also when a terminal closes: it must never end the daemon (launchd sends it to orphaned groups).
 * 3. SIGPIPE is nothing: writers get EPIPE.
 * 4. An exception or rejection that nobody caught is logged, and the process ends with 1: its state is unknown, the runs and
 *    the store are not in it, and a service manager starts it anew.
 */
export function installSignals(options: SignalOptions): () => void {
  const { log, exit } = options;
  const source: EventEmitter = options.source ?? process;
  let interrupts = 0;
  let isStopping = false;

  const stop = (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    inBackground(log, 'stop', options.onStop(signal));
  };
  const onInterrupt = () => {
    interrupts++;
    if (interrupts === 1) return stop('SIGINT');
    log.warn('interrupted again, ending without a drain');
    exit(interruptedExitCode);
  };
  const onFault = (kind: string) => (error: unknown) => {
    const err = error instanceof Error ? error : new Error(String(error));
    log.error(`${kind}, ending`, { err });
    exit(1);
  };
  const listeners: Readonly<Record<string, (argument: unknown) => void>> = {
    SIGTERM: () => stop('SIGTERM'),
    SIGINT: onInterrupt,
    SIGHUP: () => inBackground(log, 'reload', options.onReload()),
    SIGPIPE: () => {},
    uncaughtException: onFault('uncaught exception'),
    unhandledRejection: onFault('unhandled rejection'),
  };
  const outputs = options.outputs ?? [process.stdout, process.stderr];
  const onOutputError = () => {}; // the log's files have every line
  for (const [name, listener] of Object.entries(listeners)) source.on(name, listener);
  for (const output of outputs) output.on('error', onOutputError);
  return () => {
    for (const output of outputs) output.off('error', onOutputError);
    for (const [name, listener] of Object.entries(listeners)) source.off(name, listener);
  };
}
