import type { ServiceWorld, Tell } from '../types.ts';
import { lingers } from './inspect.ts';
import type { Systemctl } from './systemctl.ts';

/**
 * Lets the user manager run without a login, so that agents work on after logout and the daemon starts at boot. Where
 * that is not allowed it is said, with the command that somebody else can run: it fails nothing.
 */
export async function ensureLingering(world: ServiceWorld, systemctl: Systemctl, tell: Tell): Promise<void> {
  if (await lingers(world, systemctl)) return;
  // Of oneself it needs no password where polkit runs. Without polkit the command would wait for one, were it not told.
  await systemctl.run('loginctl', ['--no-ask-password', 'enable-linger']);
  if (!(await lingers(world, systemctl))) {
    await systemctl.run('sudo', ['-n', 'loginctl', 'enable-linger', world.user]);
  }
  if (await lingers(world, systemctl)) {
    tell(
      'enabled lingering: drover works on after logout and starts at boot; undo it with: loginctl disable-linger',
    );
    return;
  }
  tell(
    `warning: lingering is off and could not be enabled, so drover ends at your last logout; run: sudo loginctl enable-linger ${world.user}`,
  );
}
