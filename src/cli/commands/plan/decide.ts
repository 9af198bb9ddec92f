import { Command, Option } from 'clipanion';
import { textOrStdin } from '../../stdin-text.ts';
import { SayingCommand } from './saying.ts';

/** `drover plan decide NAME [TEXT]`. */
export class PlanDecideCommand extends SayingCommand {
  static override paths = [['plan', 'decide']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'answer what a plan waits for, and let it go on',
    details:
      'A plan is blocked where an agent asks for a decision, where something failed for good, or where a limit is reached: nothing is started for it then. What it was at begins again, and your words are given to the agents that come.',
    examples: [
      ['Say what is to be done', '$0 plan decide auth "keep the old login for a month"'],
      ['Let it go on as it is', '$0 plan decide auth'],
      ['Answer at length, from a file', '$0 plan decide auth - < answer.md'],
    ],
  });

  /** How the help writes the arguments. */
  static args = 'NAME [TEXT | -]';

  text = Option.Rest({ name: 'TEXT' });

  async execute(): Promise<number> {
    const body = await textOrStdin(this.text.join(' '), this.context.stdin);
    return this.tell({ event: 'decide', ...(body === '' ? {} : { body }) });
  }
}
