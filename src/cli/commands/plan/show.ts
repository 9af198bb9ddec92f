import { Command, Option } from 'clipanion';
import { exitCodes } from '../../exit-code.ts';
import { escapeControls } from '../../print/escape.ts';
import { formatPlan } from '../../print/plan-page.ts';
import { ensureNewline } from '../../print/run.ts';
import { PlanCommand } from './plan-command.ts';

/** `drover plan show NAME`. */
export class PlanShowCommand extends PlanCommand {
  static override paths = [['plan', 'show']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'show one plan: what it waits for, its waves, evidence and verdicts',
    details:
      'A plan is named by its name, its id, or a beginning of that which fits no other. What a person has to decide stands first, with the commands that answer. With --content only the markdown is printed: into a pipe as it is, on a terminal with control characters shown.',
    examples: [
      ['Look how far it is', '$0 plan show auth'],
      ['Read what its planner wrote', '$0 plan show auth --content'],
      ['Read in a script why it is blocked', '$0 plan show auth --json | jq -r .blocked.reason'],
    ],
  });

  content = Option.Boolean('--content', false, {
    description: 'Print the markdown of the plan, and nothing else',
  });

  async execute(): Promise<number> {
    const client = this.connect();
    const plan = await client.call('plansShow', {
      params: { repo: await this.repoId(client), plan: this.name },
    });
    if (this.json) this.printJson(plan);
    else if (!this.content) this.print(formatPlan(plan, this.page));
    else if (this.context.isOutTerminal) this.print(ensureNewline(escapeControls(plan.content)));
    else this.print(plan.content);
    return exitCodes.ok;
  }
}
