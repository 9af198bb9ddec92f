import { Command } from 'clipanion';
import { DroverCommand } from '../command.ts';
import { exitCodes } from '../exit-code.ts';

/** `drover --version`. */
export class VersionCommand extends DroverCommand {
  static override paths = [['--version'], ['-v'], ['version']];
  static override usage = Command.Usage({
    category: 'Other',
    description: 'print the version of this program',
    examples: [['Print the version', '$0 --version']],
  });

  async execute(): Promise<number> {
    if (this.json) this.printJson({ version: this.context.version });
    else this.print(`${this.context.version}\n`);
    return exitCodes.ok;
  }
}
