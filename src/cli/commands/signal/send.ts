import { randomUUID } from 'node:crypto';
import { Command, Option } from 'clipanion';
import { planEventOf } from '../../../contract/index.ts';
import { parseCount } from '../../arguments.ts';
import { usageError } from '../../errors.ts';
import { textOf } from '../../text-file.ts';
import { planDeadlineMs } from '../plan/plan-command.ts';
import { ReceiptCommand } from './receipt.ts';

/** `drover signal EVENT PLAN`. */
export class SignalSendCommand extends ReceiptCommand {
  static override paths = [['signal']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'say something of a plan, as its agents do; the answer is a receipt',
    details:
      'In a run of a plan it speaks for that run, which may say what its role has to say. A person may say all of it. In the run of a task `task-finished` is about that task. Dashes and underscores are the same. A signal that is refused ends the command with 6 and the reason, and stays in `signal list`.',
    examples: [
      ['A coder is done with its task', '$0 signal task-finished auth --wave 1 --task 2'],
      ['A reviewer asks for changes', '$0 signal review-changes auth --body-file review.md'],
      ['An agent asks for a decision', '$0 signal needs-decision auth --body "Which database?"'],
    ],
  });

  event = Option.String({ name: 'EVENT', required: true });
  plan = Option.String({ name: 'PLAN', required: true });
  wave = Option.String('--wave', { description: 'The wave that it is about' });
  task = Option.String('--task', { description: 'The task that it is about; in the run of a task its own' });
  body = Option.String('--body', { description: 'Feedback, a reason, or the plan, by event' });
  bodyFile = Option.String('--body-file', { description: 'The same from a file; - is standard input' });

  async execute(): Promise<number> {
    if (this.body !== undefined && this.bodyFile !== undefined)
      throw usageError('--body and --body-file exclude each other', 'remove one of them');
    const body = this.bodyFile === undefined ? this.body : await textOf(this.bodyFile, this.context);
    const { wave, task } = this.place;
    if (planEventOf(this.event) === 'task_finished' && task === undefined)
      throw usageError('task-finished says of one task that it is done', 'name it with --task T');
    const said = {
      plan: this.plan,
      event: this.event,
      ...(wave === undefined ? {} : { wave: parseCount('--wave', wave, 1) }),
      ...(task === undefined ? {} : { task: parseCount('--task', task, 1) }),
      ...(body === undefined ? {} : { body }),
    };
    const client = this.connect();
    const repo = await this.repoId(client);
    const signal = await client.call('signalsSend', {
      params: { repo },
      body: said,
      idempotencyKey: randomUUID(),
      deadlineMs: planDeadlineMs,
    });
    return this.printReceipt(client, repo, signal);
  }
  /** The task that is meant: in the run of a task that very one, unless another is named. */
  private get place(): { readonly wave: string | undefined; readonly task: string | undefined } {
    const { DROVER_PLAN: plan, DROVER_PLAN_WAVE: wave, DROVER_PLAN_TASK: task } = this.context.env;
    const isOwn = planEventOf(this.event) === 'task_finished' && plan === this.plan;
    if (!isOwn || this.wave !== undefined || this.task !== undefined)
      return { wave: this.wave, task: this.task };
    return { wave, task };
  }
}
