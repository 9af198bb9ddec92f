import { existsSync } from 'node:fs';
import { AppError } from '../../contract/index.ts';
import type { ProgramResult, ServiceWorld } from '../types.ts';

/** What the manager answers at once. */
export const askTimeoutMs = 10_000;
/** A reload re-reads every unit of the user. */
export const reloadTimeoutMs = 30_000;
/** More than the unit's own TimeoutStopSec. */
export const stopTimeoutMs = 60_000;
/**
 * More than the ten minutes that a daemon may ask for while it brings a large store up to date. The manager itself ends a
 * start that says nothing much sooner, by TimeoutStartSec.
 */
export const startTimeoutMs = 660_000;

/** The user manager, by its programs. */
export type Systemctl = {
  /** `systemctl --user …` whatever it answers. */
  readonly ask: (args: readonly string[], timeoutMs?: number) => Promise<ProgramResult>;
  /** The same for what has to succeed. Throws `service_failed` with what it said. */
  readonly order: (args: readonly string[], timeoutMs?: number) => Promise<void>;
  /** Another program in the same environment; null when it is not installed. */
  readonly run: (file: string, args: readonly string[], timeoutMs?: number) => Promise<ProgramResult | null>;
};

/** Makes sure that a user manager answers. Throws `service_unavailable` with what is missing, as precisely as it can. */
export async function openSystemctl(world: ServiceWorld): Promise<Systemctl> {
  const env = environmentFor(world);
  const run: Systemctl['run'] = async (file, args, timeoutMs = askTimeoutMs) => {
    try {
      return await world.run(file, args, { env, timeoutMs });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  };
  const ask: Systemctl['ask'] = async (args, timeoutMs) =>
    (await run('systemctl', ['--user', ...args], timeoutMs)) ?? noSystemd('systemctl is not on PATH');
  const answer = await ask(['show', '--property=Version', '--value']);
  if (answer.code !== 0 || answer.stdout.trim() === '') throw noManager(world, env, answer);
  return {
    ask,
    run,
    order: async (args, timeoutMs) => {
      const { code, stderr, stdout, timedOut } = await ask(args, timeoutMs);
      if (code === 0) return;
      const said = (stderr.trim() || stdout.trim()).split('\n')[0] ?? '';
      throw new AppError(
        'service_failed',
        `systemctl --user ${args.join(' ')} ${timedOut ? 'did not end in time' : `failed: ${said}`}`,
      );
    },
  };
}

/** What the programs of systemd need to find the user manager, and nothing else of the caller's environment. */
function environmentFor({ env, uid, home }: ServiceWorld): Record<string, string> {
  const bus = env.DBUS_SESSION_BUS_ADDRESS;
  return {
    PATH: env.PATH || '/usr/bin:/bin',
    HOME: home,
    LC_ALL: 'C',
    SYSTEMD_COLORS: '0',
    XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR || `/run/user/${uid}`,
    ...(bus ? { DBUS_SESSION_BUS_ADDRESS: bus } : {}),
  };
}

function noSystemd(why: string): never {
  throw new AppError('service_unavailable', `There is no systemd to register drover with: ${why}`, {
    hint: 'start the daemon without it: drover daemon start',
  });
}

function noManager(world: ServiceWorld, env: Record<string, string>, answer: ProgramResult): AppError {
  const said = answer.timedOut ? 'it did not answer in time' : (answer.stderr.trim().split('\n')[0] ?? '');
  const folder = env.XDG_RUNTIME_DIR ?? '';
  if (!existsSync('/run/systemd/system')) noSystemd('this system was not booted with systemd');
  const refuse = (why: string, hint: string) =>
    new AppError('service_unavailable', `The systemd user manager of ${world.user} does not answer: ${why}`, {
      hint,
    });
  if (!existsSync(folder)) {
    return refuse(
      `${world.env.XDG_RUNTIME_DIR ? '' : 'XDG_RUNTIME_DIR is not set and '}there is no folder ${folder}`,
      `log in as ${world.user} by ssh or at a console, not by su or sudo, or run: sudo loginctl enable-linger ${world.user}`,
    );
  }
  return refuse(said, `look at it with: systemctl status user@${world.uid}.service`);
}
