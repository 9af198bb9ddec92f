import { Command, Option } from 'clipanion';
import type { BodyOf } from '../../../client/index.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { escapeLine } from '../../print/escape.ts';
import { textOrStdin } from '../../stdin-text.ts';

/** What answering one has in common. */
abstract class ResolvingCommand extends DroverCommand {
  approval = Option.String({ name: 'ID', required: true });
  reason = Option.String('--reason', { description: 'Kept with the answer; a denied agent is told it' });

  protected async resolve(body: BodyOf<'approvalsResolve'>): Promise<number> {
    const approval = await this.connect().call('approvalsResolve', {
      params: { approval: this.approval },
      body: { ...body, ...(this.reason === undefined ? {} : { reason: this.reason }) },
    });
    if (this.json) this.printJson(approval);
    else this.print(`${approval.status}: ${escapeLine(approval.title)} (${approval.run_id})\n`);
    return exitCodes.ok;
  }
}

/** Options of allow and deny. */
abstract class DecidingCommand extends ResolvingCommand {
  always = Option.Boolean('--always', false, { description: 'Also for the same request later in this run' });
  option = Option.String('--option', { description: 'Take this option of the agent’s own' });

  protected decide(decision: 'allow' | 'deny'): Promise<number> {
    return this.resolve({
      decision,
      ...(this.always ? { always: true } : {}),
      ...(this.option === undefined ? {} : { option_id: this.option }),
    });
  }
}

/** `drover approvals allow ID`. */
export class ApprovalsAllowCommand extends DecidingCommand {
  static override paths = [['approvals', 'allow']];
  static override usage = Command.Usage({
    category: 'Approvals',
    description: 'allow what an agent asks',
    examples: [
      ['Allow it once', '$0 approvals allow apr_01JD'],
      ['Allow it for the rest of the run', '$0 approvals allow apr_01JD --always'],
    ],
  });

  execute(): Promise<number> {
    return this.decide('allow');
  }
}

/** `drover approvals deny ID`. */
export class ApprovalsDenyCommand extends DecidingCommand {
  static override paths = [['approvals', 'deny']];
  static override usage = Command.Usage({
    category: 'Approvals',
    description: 'deny what an agent asks',
    examples: [['Deny it and say why', '$0 approvals deny apr_01JD --reason "not on the main branch"']],
  });

  execute(): Promise<number> {
    return this.decide('deny');
  }
}

/** `drover approvals answer ID TEXT`. */
export class ApprovalsAnswerCommand extends ResolvingCommand {
  static override paths = [['approvals', 'answer']];
  static override usage = Command.Usage({
    category: 'Approvals',
    description: 'answer a question of an agent',
    examples: [
      ['Answer a question', '$0 approvals answer apr_01JD "use the second one"'],
      ['Answer at length, from a file', '$0 approvals answer apr_01JD - < answer.md'],
    ],
  });

  /** How the help writes the arguments. */
  static args = 'ID TEXT';

  text = Option.Rest({ name: 'TEXT', required: 1 });

  async execute(): Promise<number> {
    const text = await textOrStdin(this.text.join(' '), this.context.stdin);
    return this.resolve({ decision: 'answer', text });
  }
}
