import { Command, Option } from 'clipanion';
import { type ManagerKind, machineWorld, managerKind, renderService } from '../../../service/index.ts';
import { parseChoice } from '../../arguments.ts';
import { exitCodes } from '../../exit-code.ts';
import { ServiceCommand } from './options.ts';

const kinds: readonly ManagerKind[] = ['systemd', 'launchd'];

/** `drover service-unit --print`: what would be installed. */
export class ServiceUnitCommand extends ServiceCommand {
  static override paths = [['service-unit']];
  static override usage = Command.Usage({
    category: 'Service',
    description: 'print the unit that install-service would write, and change nothing',
    details:
      'Takes the options of install-service. Each line of the unit has its reason as a comment above it.',
    examples: [
      ['Read it first', '$0 service-unit --print'],
      ['The unit of a named profile', '$0 service-unit --print --profile work'],
    ],
  });

  shouldPrint = Option.Boolean('--print', true, { description: 'Print it: all that this command does' });
  manager = Option.String('--manager', {
    description: 'systemd or launchd, instead of the one of this system',
  });

  async execute(): Promise<number> {
    const world = machineWorld(this.context.env);
    const kind =
      this.manager === undefined
        ? managerKind(world.platform)
        : parseChoice('--manager', this.manager, kinds);
    const { spec, notes } = await this.buildSpec();
    const files = renderService(kind, spec, world);
    for (const note of notes) this.say(note);
    if (this.json) this.printJson({ manager: kind, files });
    else if (files.length === 1) this.print(files[0]?.text ?? '');
    else this.print(files.map(({ path, text }) => `# ${path}\n${text}`).join('\n'));
    return exitCodes.ok;
  }
}
