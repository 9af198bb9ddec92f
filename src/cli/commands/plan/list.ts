import { Command, Option } from 'clipanion';
import { planStatusFilters } from '../../../contract/index.ts';
import { parseChoice, parseCount } from '../../arguments.ts';
import { exitCodes } from '../../exit-code.ts';
import { formatPlans } from '../../print/plan.ts';
import { OfRepoCommand } from './plan-command.ts';

/** `drover plan list`. */
export class PlanListCommand extends OfRepoCommand {
  static override paths = [['plan', 'list'], ['plan']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'list the plans of a repository, newest first',
    examples: [
      ['See all plans, and what each waits for', '$0 plan list'],
      ['See those that wait for your decision', '$0 plan list --status blocked'],
      [
        'List all of another repository that are at work',
        '$0 plan list --repo shop --status active --limit 0',
      ],
    ],
  });

  status = Option.String('--status', { description: `One of: ${planStatusFilters.join(', ')}` });
  limit = Option.String('--limit', '50', { description: 'At most so many; 0 = all' });

  async execute(): Promise<number> {
    const query = {
      limit: parseCount('--limit', this.limit),
      status: this.status === undefined ? undefined : parseChoice('--status', this.status, planStatusFilters),
    };
    const client = this.connect();
    const page = await client.call('plansList', { params: { repo: await this.repoId(client) }, query });
    if (this.json) this.printJson(page);
    else {
      this.print(formatPlans(page.items, this.page));
      if (page.next_cursor !== null) this.say('there are more: use --limit 0 for all');
    }
    return exitCodes.ok;
  }
}
