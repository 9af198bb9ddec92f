import { Command, Option } from 'clipanion';
import { signalStatuses } from '../../../contract/index.ts';
import { parseChoice, parseCount } from '../../arguments.ts';
import { exitCodes } from '../../exit-code.ts';
import { formatSignals } from '../../print/signal.ts';
import { OfRepoCommand } from '../plan/plan-command.ts';

/** `drover signal list`. */
export class SignalListCommand extends OfRepoCommand {
  static override paths = [['signal', 'list']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'list what was said of the plans of a repository, newest first',
    examples: [
      ['See what was said of one plan', '$0 signal list --plan auth'],
      ['See what was refused, and why', '$0 signal list --status failed'],
    ],
  });

  plan = Option.String('--plan', { description: 'Only signals of this plan' });
  status = Option.String('--status', { description: `One of: ${signalStatuses.join(', ')}` });
  limit = Option.String('--limit', '50', { description: 'At most so many; 0 = all' });

  async execute(): Promise<number> {
    const query = {
      limit: parseCount('--limit', this.limit),
      plan: this.plan,
      status: this.status === undefined ? undefined : parseChoice('--status', this.status, signalStatuses),
    };
    const client = this.connect();
    const page = await client.call('signalsList', { params: { repo: await this.repoId(client) }, query });
    if (this.json) this.printJson(page);
    else {
      this.print(formatSignals(page.items, this.now(), this.outStyle));
      if (page.next_cursor !== null) this.say('there are more: use --limit 0 for all');
    }
    return exitCodes.ok;
  }
}
