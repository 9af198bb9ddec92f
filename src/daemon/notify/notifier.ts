import { type Clock, inBackground, type Log } from '../../base/index.ts';
import type { ServiceEnvironment } from './environment.ts';
import { keepBeating } from './heartbeat.ts';
import { createSend, type Send } from './systemd-notify.ts';

export type NotifierOptions = {
  readonly service: Pick<ServiceEnvironment, 'notifySocket' | 'watchdogMs'>;
  readonly pid: number;
  /** Where `systemd-notify` is looked for first. */
  readonly path?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly send?: Send;
};

/** What the notifier asks the daemon once that is ready. */
export type Pulse = {
  /** What is going on, in a few words for `systemctl status`. */
  readonly describe: () => string;
  /** Resolves when the daemon can do its work; rejects when it cannot, and never settles when it is stuck. */
  readonly probe: () => Promise<void>;
};

/** The daemon's side of sd_notify(3). Without a manager that listens it does nothing. */
export type Notifier = {
  /**
   * The start goes on: the manager's time for it begins anew until `ready`. `holdsUpLoop` says that what comes next may
   * take minutes in one piece, during which nothing can be said.
   */
  readonly starting: (holdsUpLoop: boolean) => void;
  /** Resolves when the manager knows. From now on it hears what is going on, and that the daemon lives. */
  readonly ready: (pulse: Pulse) => Promise<void>;
  readonly stopping: (reason: string) => Promise<void>;
};

/** A change of the status text is told at most this often. */
export const statusEveryMs = 5000;
/** A start that takes longer asks for more time, this often and this much. */
const extendEveryMs = 10_000;
const extendByMs = 60_000;
/** More time for work in one piece: a migration of the largest database that the limits allow. */
const extendForHoldUpMs = 600_000;

/**
 * Makes the notifier. A message is a process of some 10 ms: one at the start, one per change of the status text, one per
 * half of the watchdog's time, and one at the end.
 *
 * Alive means: the event loop turns, and the store has an answer. A commit that hangs, a loop that never ends and a
 * stopped process give no sign of life. A full disk, a refused write or a busy machine is an answer.
 */
export function createNotifier(options: NotifierOptions): Notifier {
  const { service, clock, log } = options;
  const { notifySocket, watchdogMs } = service;
  if (notifySocket === null) {
    return { starting: () => {}, ready: () => Promise.resolve(), stopping: () => Promise.resolve() };
  }
  const send = options.send ?? createSend(notifySocket, options.pid, options.path);
  const over = new AbortController();
  let isWarned = false;
  let last: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const missed = (error: unknown) => {
    if (!isWarned) log.warn('the service manager cannot be told anything', { err: error });
    isWarned = true;
  };
  /** One message after the other, so that an older text never comes last. */
  const tell = (...assignments: readonly string[]): Promise<void> => {
    last = last.then(() => send(assignments)).catch(missed);
    return last;
  };
  const every = (ms: number, what: string, work: () => Promise<void>) => {
    let isUnderWay = false; // a manager that does not read must not make a queue, which the end would wait for
    const guarded = async () => {
      if (isUnderWay) return;
      isUnderWay = true;
      await work().finally(() => {
        isUnderWay = false;
      });
    };
    clearInterval(timer);
    timer = setInterval(() => inBackground(log, what, guarded()), ms);
  };

  return {
    starting: (holdsUpLoop) => {
      const began = clock.monotonic();
      if (holdsUpLoop)
        last = send([`EXTEND_TIMEOUT_USEC=${extendForHoldUpMs * 1000}`, 'STATUS=starting']).catch(missed);
      every(extendEveryMs, 'ask for more time', () => {
        const seconds = Math.round((clock.monotonic() - began) / 1000);
        return tell(`EXTEND_TIMEOUT_USEC=${extendByMs * 1000}`, `STATUS=starting since ${seconds} s`);
      });
    },
    ready: async ({ describe, probe }) => {
      let told = describe();
      every(statusEveryMs, 'tell the status', async () => {
        const text = describe();
        if (text === told) return;
        told = text;
        await tell(`STATUS=${text}`);
      });
      await tell('READY=1', `STATUS=${told}`);
      if (watchdogMs === null || over.signal.aborted) return;
      const beat = { everyMs: watchdogMs / 2, probe, send: () => send(['WATCHDOG=1']), clock, log };
      inBackground(log, 'give signs of life', keepBeating({ ...beat, signal: over.signal }));
    },
    stopping: async (reason) => {
      clearInterval(timer);
      over.abort();
      await tell('STOPPING=1', `STATUS=stopping: ${reason.replaceAll('\n', ' ')}`);
    },
  };
}
