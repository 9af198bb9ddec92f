import { Command, Option } from 'clipanion';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { formatPatch } from '../../print/patch.ts';

/** How long git may take to make the patch. */
export const diffDeadlineMs = 120_000;

/** `drover runs diff ID`. */
export class RunsDiffCommand extends DroverCommand {
  static override paths = [['runs', 'diff']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'show what a run changed, as a patch',
    details:
      'On a terminal control characters are shown escaped, unless `--raw` is given; into a file or a pipe the patch goes byte for byte.',
    examples: [
      ['Look at the changes', '$0 runs diff run_01JD'],
      ['Apply them to this checkout', '$0 runs diff run_01JD | git apply'],
    ],
  });

  run = Option.String({ name: 'ID', required: true });
  isRaw = Option.Boolean('--raw', false, { description: 'Give the bytes to a terminal as they are' });

  async execute(): Promise<number> {
    const options = { params: { run: this.run }, deadlineMs: diffDeadlineMs };
    const client = this.connect();
    if (this.json) this.printJson({ diff: await client.call('runsDiff', options) });
    else if (this.context.isOutTerminal && !this.isRaw)
      this.print(formatPatch(await client.call('runsDiff', options), this.outStyle));
    else for await (const chunk of await client.bytes('runsDiff', options)) this.context.stdout.write(chunk);
    return exitCodes.ok;
  }
}
