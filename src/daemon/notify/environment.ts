/** Sockets that the manager opened and handed over: file descriptors from 3 on, with a name each. */
export type Inherited = { readonly names: readonly string[] };

/** What the service manager told the daemon by environment. */
export type ServiceEnvironment = {
  /** `systemd:drover.service` or `launchd:dev.drover.daemon`, as the unit says; null for one that was started by hand. */
  readonly service: string | null;
  /** Where sd_notify messages go; null when nobody listens. */
  readonly notifySocket: string | null;
  /** The manager wants to hear from us at least this often; null without a watchdog. */
  readonly watchdogMs: number | null;
  /** Null when there are none for this process. */
  readonly inherited: Inherited | null;
};

/** The first descriptor of those that are handed over (sd_listen_fds(3)). */
export const firstInheritedFd = 3;

const names = [
  'DROVER_SERVICE',
  'NOTIFY_SOCKET',
  'WATCHDOG_PID',
  'WATCHDOG_USEC',
  'LISTEN_PID',
  'LISTEN_FDS',
  'LISTEN_FDNAMES',
] as const;

/**
 * Reads what is meant for the process `pid` (sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3)) and takes all of it
 * out of `env`: whoever inherited these variables would speak in the daemon's name.
 */
export function takeServiceEnvironment(env: NodeJS.ProcessEnv, pid: number): ServiceEnvironment {
  const given = Object.fromEntries(names.map((name) => [name, env[name] ?? '']));
  for (const name of names) delete env[name];
  const isForUs = (name: string) => given[name] === '' || given[name] === String(pid);
  const watchdogUsec = isForUs('WATCHDOG_PID') ? positive(given.WATCHDOG_USEC) : null;
  const fds = given.LISTEN_PID !== '' && isForUs('LISTEN_PID') ? positive(given.LISTEN_FDS) : null;
  return {
    service: given.DROVER_SERVICE || null,
    notifySocket: given.NOTIFY_SOCKET || null,
    watchdogMs: watchdogUsec === null ? null : watchdogUsec / 1000,
    inherited: fds === null ? null : { names: namesOf(fds, given.LISTEN_FDNAMES ?? '') },
  };
}

function namesOf(count: number, text: string): string[] {
  const given = text.split(':');
  return Array.from({ length: count }, (_, index) => given[index] || 'unknown');
}

function positive(text: string | undefined): number | null {
  const value = /^\d{1,15}$/.test(text ?? '') ? Number(text) : 0;
  return value > 0 ? value : null;
}
