import { Command } from 'clipanion';
import { DroverCommand } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import { formatOverview } from '../print/overview.ts';

/** `drover`, `drover --help`: all commands on one page. */
export class HelpCommand extends DroverCommand {
  static override paths = [Command.Default, ['--help'], ['-h'], ['help']];
  static override usage = Command.Usage({
    category: 'Other',
    description: 'list the commands',
    examples: [
      ['List the commands', '$0 help'],
      ['Explain one of them', '$0 run --help'],
    ],
  });

  async execute(): Promise<number> {
    this.print(formatOverview(this.context.catalogue, this.outStyle));
    return exitCodes.ok;
  }
}
