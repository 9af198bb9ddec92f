import { randomUUID } from 'node:crypto';
import { Command, Option } from 'clipanion';
import { planDeadlineMs } from '../plan/plan-command.ts';
import { ReceiptCommand } from './receipt.ts';

/** `drover signal retry ID`. */
export class SignalRetryCommand extends ReceiptCommand {
  static override paths = [['signal', 'retry']];
  static override usage = Command.Usage({
    category: 'Plans',
    description: 'say again what was refused, for whoever said it',
    details:
      'The ids are in `signal list` and on the page of the plan. What is refused again ends the command with 6; so does what came in a file and is the word of no run.',
    examples: [['Say it again', '$0 signal retry 01JD0000000000000000000001']],
  });

  signal = Option.String({ name: 'ID', required: true });

  async execute(): Promise<number> {
    const client = this.connect();
    const repo = await this.repoId(client);
    const signal = await client.call('signalsRetry', {
      params: { repo, signal: this.signal },
      idempotencyKey: randomUUID(),
      deadlineMs: planDeadlineMs,
    });
    return this.printReceipt(client, repo, signal);
  }
}
