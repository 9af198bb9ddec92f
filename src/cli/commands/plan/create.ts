import { randomUUID } from 'node:crypto';
import { Command, Option } from 'clipanion';
import type { Client } from '../../../client/index.ts';
import { isAppError } from '../../../contract/index.ts';
import { repoOfCommand, repoOfFolder } from '../../current-repo.ts';
import { exitCodes } from '../../exit-code.ts';
import { repoFlag } from '../../print/plan-words.ts';
import { pipedText, textOf } from '../../text-file.ts';
import { PlanCommand, planDeadlineMs } from './plan-command.ts';

/** `drover plan create NAME [FILE|-]`. */
export class PlanCreateCommand extends PlanCommand {
  static override paths = [['plan', 'create']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'store a plan of a repository; nothing is started',
    details:
      'The text is markdown with `## Wave 1` and `### Task 1: …`, or what the plan is to be about: without waves it is a draft, which an agent plans. The repository of the folder is registered on first use.',
    examples: [
      ['Store a plan that you wrote', '$0 plan create auth plan.md'],
      ['Have an agent plan it', 'echo "Passkeys for everybody" | $0 plan create auth - --start'],
      ['Begin with an empty draft, from another branch', '$0 plan create auth --base next'],
    ],
  });

  /** How the help writes the arguments. */
  static args = 'NAME [FILE | -]';

  file = Option.String({ name: 'FILE', required: false });
  topic = Option.String('--topic', { description: 'One plan of a topic is implemented at a time' });
  base = Option.String('--base', {
    description: 'Branch, tag or commit to start from; the default is the branch that is checked out',
  });
  start = Option.Boolean('--start', false, { description: 'Have an agent plan it at once: plan start' });

  async execute(): Promise<number> {
    const content = this.file === undefined ? await this.piped() : await textOf(this.file, this.context);
    const client = this.connect();
    const repo = await this.repoForNew(client);
    const created = await client.call('plansCreate', {
      params: { repo },
      body: {
        name: this.name,
        content,
        ...(this.topic === undefined ? {} : { topic: this.topic }),
        ...(this.base === undefined ? {} : { base: this.base }),
      },
      idempotencyKey: randomUUID(),
      deadlineMs: planDeadlineMs,
    });
    this.printMoved(this.start ? await this.startIt(client, repo, created.id) : created);
    return exitCodes.ok;
  }

  /** A text that is piped is not lost where `-` was left out. */
  private async piped(): Promise<string> {
    const text = await pipedText(this.context);
    if (text === null) this.say('standard input says nothing, and is not waited for: name - to read it');
    return text ?? '';
  }

  /** As a run does it: the repository of the folder is registered where it is not yet. */
  private async repoForNew(client: Client): Promise<string> {
    try {
      return await repoOfCommand(client, this.repo, this.context);
    } catch (error) {
      if (this.repo !== undefined || !isAppError(error, 'repo_not_found')) throw error;
      const repo = await repoOfFolder(client, this.context.cwd, (text) => this.say(text));
      if (repo === null) throw error;
      return repo;
    }
  }

  private async startIt(client: Client, repo: string, plan: string) {
    try {
      return await client.call('plansSay', {
        params: { repo, plan },
        body: { event: 'plan_start' },
        idempotencyKey: randomUUID(),
        deadlineMs: planDeadlineMs,
      });
    } catch (error) {
      this.say(`the plan is stored, and not started: drover plan start ${this.name}${repoFlag(this.repo)}`);
      throw error;
    }
  }
}
