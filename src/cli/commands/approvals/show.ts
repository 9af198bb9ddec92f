import { Command, Option } from 'clipanion';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { formatWholeApproval } from '../../print/approval.ts';

/** `drover approvals show ID`. */
export class ApprovalsShowCommand extends DroverCommand {
  static override paths = [['approvals', 'show']];
  static override usage = Command.Usage({
    category: 'Approvals',
    description: 'show one approval, with all that the agent says about it',
    examples: [['See the whole of an edit before it is allowed', '$0 approvals show apr_01JD']],
  });

  approval = Option.String({ name: 'ID', required: true });

  async execute(): Promise<number> {
    const approval = await this.connect().call('approvalsShow', { params: { approval: this.approval } });
    if (this.json) this.printJson(approval);
    else this.print(formatWholeApproval(approval, this.now(), this.outStyle));
    return exitCodes.ok;
  }
}
