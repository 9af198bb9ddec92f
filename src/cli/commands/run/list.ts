import { Command, Option } from 'clipanion';
import { runStatusFilters } from '../../../contract/index.ts';
import { parseChoice, parseCount, repoReference } from '../../arguments.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { formatRuns } from '../../print/run.ts';

/** `drover runs list`. */
export class RunsListCommand extends DroverCommand {
  static override paths = [['runs', 'list'], ['runs']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'list runs, newest first',
    examples: [
      ['List the newest runs', '$0 runs list'],
      ['List the runs of one conversation', '$0 runs list --session run_01JD'],
      ['List all live runs of one repository', '$0 runs list --status live --repo shop --limit 0'],
    ],
  });

  limit = Option.String('--limit', '50', { description: 'At most so many; 0 = all' });
  status = Option.String('--status', { description: `One of: ${runStatusFilters.join(', ')}` });
  repo = Option.String('--repo', { description: 'Only runs of this repository' });
  session = Option.String('--session', {
    description: 'Only runs of one conversation: the agent’s own id of it, or a run of it',
  });

  async execute(): Promise<number> {
    const page = await this.connect().call('runsList', {
      query: {
        limit: parseCount('--limit', this.limit),
        status:
          this.status === undefined ? undefined : parseChoice('--status', this.status, runStatusFilters),
        repo: this.repo === undefined ? undefined : repoReference(this.repo, this.context),
        session: this.session,
      },
    });
    if (this.json) this.printJson(page);
    else {
      this.print(formatRuns(page.items, this.now(), this.outStyle));
      if (page.next_cursor !== null) this.say('there are more: use --limit 0 for all');
    }
    return exitCodes.ok;
  }
}
