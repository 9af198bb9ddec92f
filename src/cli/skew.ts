import type { PathFlags, Paths } from '../base/index.ts';
import { liveEndpoint } from '../client/index.ts';
import { escapeLine } from './print/escape.ts';

/** Which options lead to the daemon that is meant. */
type Target = Pick<PathFlags, 'profile' | 'stateRoot'>;

/**
 * What to say when this program and the daemon are not of the same version; null when they are. Both go on working
 * with what both know.
 */
export function skewNote(own: string, daemons: string, target: Target = {}): string | null {
  if (own === daemons || !daemons) return null;
  const restart = ['drover daemon restart', ...flagsOf(target)].join(' ');
  const note = `note: the daemon runs version ${escapeLine(daemons)}, and this is drover ${own}\n`;
  return isOlder(daemons, own)
    ? `${note}hint: bring it up to date with: ${restart} (runs go on)\n`
    : `${note}hint: call the newer drover, or go back to this one with: ${restart} (runs go on)\n`;
}

/**
 * The version of the daemon of these places by its endpoint file, whose process is looked at; null when none is known.
 * Nobody is asked.
 */
export function runningVersion(paths: Paths): string | null {
  const endpoint = liveEndpoint(paths);
  if (endpoint === null || (paths.socketFrom !== 'computed' && endpoint.socket !== paths.socket)) return null;
  return endpoint.version;
}

function flagsOf({ profile, stateRoot }: Target): string[] {
  return [...(profile ? [`--profile ${profile}`] : []), ...(stateRoot ? [`--state-root ${stateRoot}`] : [])];
}

/** By the numbers before any dash; what has none counts as newer. */
function isOlder(one: string, other: string): boolean {
  const [a, b] = [one, other].map((version) => version.split('-')[0]?.split('.').map(Number) ?? []);
  for (const index of [0, 1, 2]) {
    const [left = 0, right = 0] = [a?.[index], b?.[index]];
    if (left !== right) return left < right;
  }
  return one.includes('-') && !other.includes('-');
}
