import { Command } from 'clipanion';
import { isProfileName, profileOf } from '../../base/index.ts';
import { localPaths } from '../../client/index.ts';
import { DroverCommand } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import { runningVersion } from '../skew.ts';

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
    const target = this.target();
    const isHere = this.daemon === undefined && isProfileName(profileOf(target));
    const running = isHere ? runningVersion(localPaths(target)) : null;
    if (running !== null) this.sayIfSkewed(running);
    return exitCodes.ok;
  }
}
