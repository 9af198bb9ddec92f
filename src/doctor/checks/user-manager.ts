import { AppError } from '../../contract/index.ts';
import { type Finding, fine, note, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';
import { managerVariables } from './unit.ts';

const askTimeoutMs = 10_000;

/** The service manager itself: answering, and still there after logout. */
export async function checkManager(situation: Situation): Promise<readonly Finding[]> {
  const { manager, managerError, facts, unitFile } = situation;
  if (manager === null) {
    if (unitFile !== null) return []; // the check of the unit says it, as an error
    const rest = { detail: managerError?.hint ?? '' };
    return [note('manager.answers', managerError?.message ?? 'No service manager answers', rest)];
  }
  const name = manager.kind === 'systemd' ? 'The systemd user manager' : 'launchd';
  const found: Finding[] = [fine('manager.answers', `${name} answers`)];
  if (facts?.lingers === true)
    found.push(fine('manager.linger', 'Lingering is on: drover works on after logout'));
  if (facts?.lingers === false) found.push(lingeringIsOff(situation));
  return found;
}

function lingeringIsOff({ world }: Situation): Finding {
  const { machine } = world;
  const command = 'loginctl enable-linger';
  return warning('manager.linger', 'Lingering is off: the daemon and all agents end at the last logout', {
    command,
    fix: async () => {
      const env = managerVariables(machine.env);
      const { code, stderr } = await machine.run('loginctl', ['--no-ask-password', 'enable-linger'], {
        env,
        timeoutMs: askTimeoutMs,
      });
      if (code === 0) return 'lingering is on; undo it with: loginctl disable-linger';
      throw new AppError(
        'service_failed',
        `loginctl enable-linger failed: ${stderr.trim().split('\n')[0]}; run: sudo loginctl enable-linger ${machine.user}`,
      );
    },
  });
}
