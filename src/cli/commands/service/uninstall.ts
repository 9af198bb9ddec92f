import { Command, Option } from 'clipanion';
import { localPaths } from '../../../client/index.ts';
import { machineWorld, serviceManager, unitName } from '../../../service/index.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';

/** `drover uninstall-service`: the opposite of installing it. */
export class UninstallServiceCommand extends DroverCommand {
  static override paths = [['uninstall-service']];
  static override usage = Command.Usage({
    category: 'Service',
    description: 'stop the service and remove its unit; runs and everything they left stay',
    details:
      'Stops and disables the unit of the profile, removes its files and says each step. The state of the daemon stays: `drover daemon start` takes the runs up again. Lingering stays too, since other services may need it.',
    examples: [['Back to starting it by hand', '$0 uninstall-service']],
  });

  force = Option.Boolean('--force', false, { description: 'Also remove a unit that was edited by hand' });

  async execute(): Promise<number> {
    const { profile } = localPaths(this.target());
    const world = machineWorld(this.context.env);
    const unit = unitName(profile, world.platform);
    const manager = await serviceManager(world);
    const isRemoved = await manager.uninstall(profile, { removeEdited: this.force }, (step) =>
      this.say(step),
    );
    if (this.json) this.printJson({ unit, status: isRemoved ? 'removed' : 'not_installed' });
    else this.print(isRemoved ? `${unit} is removed\n` : `nothing to do: ${unit} is not installed\n`);
    return exitCodes.ok;
  }
}
