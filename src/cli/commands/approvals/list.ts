import { Command, Option } from 'clipanion';
import { approvalStatusFilters } from '../../../contract/index.ts';
import { parseChoice, parseCount } from '../../arguments.ts';
import { DroverCommand } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { exitCodes } from '../../exit-code.ts';
import { formatApprovals } from '../../print/approval.ts';

/** `drover approvals`: what waits for a person. */
export class ApprovalsListCommand extends DroverCommand {
  static override paths = [['approvals'], ['approvals', 'list']];
  static override usage = Command.Usage({
    category: 'Approvals',
    description: 'list what waits for you, oldest first',
    examples: [
      ['See what waits', '$0 approvals'],
      ['See how past ones were answered', '$0 approvals list --status past'],
    ],
  });

  status = Option.String('--status', {
    description: `One of: ${approvalStatusFilters.join(', ')}; past ones were answered or have expired`,
  });
  past = Option.Boolean('--past', false, { description: 'The same as --status past' });
  all = Option.Boolean('--all', false, { description: 'The same as --status all' });
  limit = Option.String('--limit', '50', { description: 'At most so many; 0 = all' });

  async execute(): Promise<number> {
    const status = this.wanted();
    const page = await this.connect().call('approvalsList', {
      query: { status, limit: parseCount('--limit', this.limit) },
    });
    if (this.json) this.printJson(page);
    else {
      if (page.items.length === 0) this.print(status === 'pending' ? 'nothing waits for you\n' : 'none\n');
      this.print(formatApprovals(page.items, this.now(), this.outStyle));
      if (page.next_cursor !== null) this.say('there are more: use --limit 0 for all');
    }
    return exitCodes.ok;
  }

  private wanted(): (typeof approvalStatusFilters)[number] {
    const given = [
      ...(this.status === undefined ? [] : [parseChoice('--status', this.status, approvalStatusFilters)]),
      ...(this.past ? (['past'] as const) : []),
      ...(this.all ? (['all'] as const) : []),
    ];
    const [status = 'pending', other] = given;
    if (other === undefined) return status;
    throw usageError('--status, --past and --all exclude each other', 'leave only one of them');
  }
}
