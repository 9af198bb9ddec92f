import { Command, Option } from 'clipanion';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { formatAgents } from '../../print/agents.ts';

/** `drover agents`: which agents the daemon has. */
export class AgentsListCommand extends DroverCommand {
  static override paths = [['agents'], ['agents', 'list']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'list the agents that the daemon finds, in order of preference',
    details:
      'The one with a star is taken by a run that names none. Versions are read from the files of the programs; nothing is executed.',
    examples: [
      ['See the agents of this machine', '$0 agents'],
      ['See what else could be installed, and how', '$0 agents --all'],
    ],
  });

  all = Option.Boolean('--all', false, { description: 'Also those that are not installed' });

  async execute(): Promise<number> {
    const page = await this.connect().call('agentsList', { query: { all: this.all } });
    if (this.json) this.printJson(page);
    else this.print(formatAgents(page.items));
    return exitCodes.ok;
  }
}
