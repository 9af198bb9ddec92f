import { statSync } from 'node:fs';
import { toTimestamp } from '../../base/index.ts';
import { type Finding, failure, fine, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';

/** This drover did not exist before: a clock that shows an earlier time is wrong. */
export const earliest = Date.UTC(2026, 10, 1);
const aheadMs = 10 * 60_000;

/** The clock: not before drover itself, and not behind what drover wrote already. */
export async function checkClock({ world, paths }: Situation): Promise<readonly Finding[]> {
  const now = world.machine.clock.now();
  const command = world.machine.platform === 'linux' ? 'timedatectl status' : 'date';
  if (now < earliest) {
    return [
      failure('clock.now', `The clock shows ${toTimestamp(now)}, which is before this drover was made`, {
        detail: 'Retention, tokens and certificates depend on it.',
        command,
      }),
    ];
  }
  const written = statSync(paths.database, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (written > now + aheadMs) {
    return [
      warning(
        'clock.now',
        `The database was written at ${toTimestamp(written)}, and the clock shows ${toTimestamp(now)}`,
        {
          detail: 'The clock was set back, or it was wrong before.',
          command,
        },
      ),
    ];
  }
  return [fine('clock.now', `The clock shows ${toTimestamp(now)}`)];
}
