import { Command, Option } from 'clipanion';
import { parseCount } from '../../arguments.ts';
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
      ['See how past ones were answered', '$0 approvals list --past'],
    ],
  });

  past = Option.Boolean('--past', false, { description: 'Only those that were answered or have expired' });
  all = Option.Boolean('--all', false, { description: 'Pending and past ones' });
  limit = Option.String('--limit', '50', { description: 'At most so many; 0 = all' });

  async execute(): Promise<number> {
    if (this.past && this.all) throw usageError('--past and --all exclude each other', 'remove one of them');
    const status = this.all ? 'all' : this.past ? 'past' : 'pending';
    const page = await this.connect().call('approvalsList', {
      query: { status, limit: parseCount('--limit', this.limit) },
    });
    if (this.json) this.printJson(page);
    else this.print(formatApprovals(page.items, this.now(), this.outStyle));
    return exitCodes.ok;
  }
}
