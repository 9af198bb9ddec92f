import { randomUUID } from 'node:crypto';
import { text as readText } from 'node:stream/consumers';
import { Command, Option } from 'clipanion';
import { DroverCommand } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { exitCodes } from '../../exit-code.ts';

/** `drover runs send ID TEXT`: say something to an agent at work. */
export class RunsSendCommand extends DroverCommand {
  static override paths = [['runs', 'send']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'say something to the agent of a run that is at work',
    details:
      'The agent reads it between two steps of its turn, or in one more turn after it: the run does not end well before it was read. A run that waits for its provider’s limit goes on at once. `drover attach` shows when it was read, or why it never was.',
    examples: [
      ['Tell it what it should know', '$0 runs send run_01JD "leave the tests as they are"'],
      ['Send a whole file', '$0 runs send run_01JD - <notes.txt'],
    ],
  });

  /** How the help writes the arguments. */
  static args = 'ID TEXT | ID -';

  run = Option.String({ name: 'ID', required: true });
  text = Option.Rest({ name: 'TEXT', required: 1 });

  async execute(): Promise<number> {
    const given = this.text.join(' ');
    const text = given === '-' ? await readText(this.context.stdin) : given;
    if (text.trim() === '') {
      throw usageError(
        'There is nothing to send',
        'write it in quotes, or pipe it in: drover runs send ID -',
      );
    }
    const sent = await this.connect().call('runsSend', {
      params: { run: this.run },
      body: { text },
      idempotencyKey: randomUUID(),
    });
    if (this.json) this.printJson(sent);
    else this.print(`sent to ${sent.run_id} as ${sent.input_id}: its agent reads it when it comes to it\n`);
    return exitCodes.ok;
  }
}
