import { type Clock, inBackground, type Log, runCommand } from '../../base/index.ts';
import type { ServiceEnvironment } from './environment.ts';

export type NotifierOptions = {
  readonly service: Pick<ServiceEnvironment, 'notifySocket' | 'watchdogMs'>;
  readonly pid: number;
  readonly clock: Clock;
  readonly log: Log;
  /** What is going on, in a few words for `systemctl status`. Throws when the daemon cannot do its work any more. */
  readonly describe: () => string;
  /** Hands assignments such as `READY=1` to the manager. Rejects when that cannot be done. */
  readonly send?: (assignments: readonly string[]) => Promise<void>;
};

/** The daemon's side of sd_notify(3). Without a manager that listens it does nothing. */
export type Notifier = {
  /** The start goes on: the manager's time for it begins anew, as long as this is not yet `ready`. */
  readonly starting: () => void;
  /** Resolves when the manager knows. From now on it hears what is going on, and that the daemon lives. */
  readonly ready: () => Promise<void>;
  readonly stopping: (reason: string) => Promise<void>;
};

/** A change of the status text is told at most this often. */
const statusEveryMs = 5000;
/** A start that takes longer asks for more time, this often and this much. */
const extendEveryMs = 10_000;
const extendByMs = 60_000;
const sendTimeoutMs = 10_000;

/**
 * Makes the notifier. Node.js has no datagram sockets of the Unix kind, so messages go by `systemd-notify`, a process of
 * some 10 ms: one at the start, one per change of the status text, one per half of the watchdog's time, and one at the end.
 *
 * Alive means: the event loop turns, which it does not while a commit hangs, and `describe` can read the store. A full
 * disk or a busy machine is not death.
 */
export function createNotifier(options: NotifierOptions): Notifier {
  const { service, clock, log, describe } = options;
  const { notifySocket, watchdogMs } = service;
  if (notifySocket === null) {
    return { starting: () => {}, ready: () => Promise.resolve(), stopping: () => Promise.resolve() };
  }
  const send = options.send ?? ((words) => runSystemdNotify(notifySocket, options.pid, words));
  let isWarned = false;
  let last: Promise<void> = Promise.resolve();
  let told = '';
  let timers: NodeJS.Timeout[] = [];

  /** One message after the other, so that an older text never comes last. */
  const tell = (...assignments: readonly string[]): Promise<void> => {
    last = last
      .then(() => send(assignments))
      .catch((error: unknown) => {
        if (!isWarned) log.warn('the service manager cannot be told anything', { err: error });
        isWarned = true;
      });
    return last;
  };
  const every = (ms: number, what: string, work: () => Promise<void> | void) => {
    const guarded = async () => work();
    timers.push(setInterval(() => inBackground(log, what, guarded()), ms));
  };
  const quiet = () => {
    for (const timer of timers) clearInterval(timer);
    timers = [];
  };
  const tellStatus = async () => {
    const text = describe();
    if (text === told) return;
    told = text;
    await tell(`STATUS=${text}`);
  };

  return {
    starting: () => {
      const began = clock.monotonic();
      every(extendEveryMs, 'ask for more time', () =>
        tell(
          `EXTEND_TIMEOUT_USEC=${extendByMs * 1000}`,
          `STATUS=starting since ${Math.round((clock.monotonic() - began) / 1000)} s`,
        ),
      );
    },
    ready: async () => {
      quiet();
      told = describe();
      await tell('READY=1', `STATUS=${told}`);
      every(statusEveryMs, 'tell the status', tellStatus);
      if (watchdogMs === null) return;
      every(watchdogMs / 2, 'tell the watchdog', async () => {
        describe();
        await tell('WATCHDOG=1');
      });
    },
    stopping: async (reason) => {
      quiet();
      await tell('STOPPING=1', `STATUS=stopping: ${reason.replaceAll('\n', ' ')}`);
    },
  };
}

async function runSystemdNotify(socket: string, pid: number, words: readonly string[]): Promise<void> {
  const { code, stderr } = await runCommand('systemd-notify', [`--pid=${pid}`, ...words], {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', NOTIFY_SOCKET: socket },
    timeoutMs: sendTimeoutMs,
    maxOutputBytes: 4096,
  });
  if (code !== 0) throw new Error(`systemd-notify ended with ${code}: ${stderr.toString('utf8').trim()}`);
}
