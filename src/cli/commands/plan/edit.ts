import { createHash } from 'node:crypto';
import { Command, Option } from 'clipanion';
import type { BodyOf, Client } from '../../../client/index.ts';
import { isTextOpen } from '../../../contract/index.ts';
import { editText } from '../../edit-text.ts';
import { usageError } from '../../errors.ts';
import { exitCodes } from '../../exit-code.ts';
import { textOf } from '../../text-file.ts';
import { PlanCommand, planDeadlineMs } from './plan-command.ts';

/** `drover plan edit NAME [FILE|-]`. */
export class PlanEditCommand extends PlanCommand {
  static override paths = [['plan', 'edit']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'change the text, topic or base of a plan that nobody works on',
    details:
      'Without FILE, and without another thing to change, the text is opened in $VISUAL or $EDITOR; left as it was, nothing is changed. A text that is refused, also because somebody has changed the plan meanwhile, is kept, and the command says where.',
    examples: [
      ['Edit it by hand', '$0 plan edit auth'],
      ['Replace its text', '$0 plan edit auth plan.md'],
      ['Begin from another branch, with no topic', "$0 plan edit auth --base next --topic ''"],
    ],
  });

  /** How the help writes the arguments. */
  static args = 'NAME [FILE | -]';

  file = Option.String({ name: 'FILE', required: false });
  topic = Option.String('--topic', { description: 'Another topic; empty for none' });
  base = Option.String('--base', { description: 'Another branch, tag or commit to start from' });

  async execute(): Promise<number> {
    const given = {
      ...(this.topic === undefined ? {} : { topic: this.topic === '' ? null : this.topic }),
      ...(this.base === undefined ? {} : { base: this.base }),
    };
    const content = this.file === undefined ? undefined : await textOf(this.file, this.context);
    const byHand = content === undefined && Object.keys(given).length === 0;
    if (byHand && !this.context.isInteractive) {
      throw usageError('There is nothing to change', 'name a FILE, - for standard input, --topic or --base');
    }
    const client = this.connect();
    const repo = await this.repoId(client);
    if (byHand) return this.editByHand(client, repo);
    await this.update(client, repo, { ...given, ...(content === undefined ? {} : { content }) });
    return exitCodes.ok;
  }

  private async editByHand(client: Client, repo: string): Promise<number> {
    const plan = await client.call('plansShow', { params: { repo, plan: this.name } });
    if (!isTextOpen(plan)) await this.change(client, repo, { content: plan.content }); // throws why it may not be
    const edited = await editText(this.context, { text: plan.content, name: 'plan.md' });
    if (edited === null) {
      this.say('left as it was: nothing is changed');
      if (this.json) this.printJson(plan);
      return exitCodes.ok;
    }
    try {
      const sha256 = createHash('sha256').update(plan.content).digest('hex');
      await this.update(client, repo, { content: edited.text, if_sha256: sha256 });
    } catch (error) {
      this.say(`what you wrote is kept in ${edited.file}`);
      throw error;
    }
    await edited.remove();
    return exitCodes.ok;
  }

  private async update(client: Client, repo: string, body: BodyOf<'plansUpdate'>): Promise<void> {
    if (body.content?.trim() === '')
      throw usageError(
        'The new text is empty, so nothing was changed',
        `give the plan up: drover plan cancel ${this.name}`,
      );
    this.printMoved(await this.change(client, repo, body));
  }

  private change(client: Client, repo: string, body: BodyOf<'plansUpdate'>) {
    const params = { repo, plan: this.name };
    return client.call('plansUpdate', { params, body, deadlineMs: planDeadlineMs });
  }
}
