import { AppError } from '../../contract/index.ts';
import type { ServiceWorld } from '../types.ts';
import type { Answer } from './answers.ts';

/** Asks launchctl one thing. Never rejects for what launchctl says; `service_unavailable` where there is none. */
export type Launchctl = (...args: readonly string[]) => Promise<Answer>;

/** Every call ends by then, or is ended: the longest waits for a daemon that takes all of its ExitTimeOut to go. */
export const callTimeoutMs = 30_000;

/** The door to launchctl. */
export function createLaunchctl({ run, env }: Pick<ServiceWorld, 'run' | 'env'>): Launchctl {
  const known = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const environment = { ...Object.fromEntries(known), LC_ALL: 'C' };
  return async (...args) => {
    try {
      const answer = await run('launchctl', args, { env: environment, timeoutMs: callTimeoutMs });
      return { code: answer.timedOut ? null : answer.code, text: `${answer.stdout}${answer.stderr}` };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new AppError('service_unavailable', 'There is no launchctl on PATH', {
        hint: 'start the daemon without a service: drover daemon start',
        cause: error,
      });
    }
  };
}
