import { Command, Option } from 'clipanion';
import { parseCount } from '../../arguments.ts';
import { attachTerminal } from '../../attach-terminal.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { follow } from '../../follow.ts';
import { formatOutcome } from '../../print/run.ts';

/** `drover attach ID`: replay, then live; of a run in a terminal, the terminal. */
export class AttachCommand extends DroverCommand {
  static override paths = [['attach'], ['runs', 'attach']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'show what a run did from its start, then go on live',
    details:
      'Ctrl-C lets go of the run and leaves it alone. A run in a terminal is opened itself: there Ctrl-b d lets go, and Ctrl-C is the program’s. With `--raw`, `--after`, `--json` or `--stream-json`, without a terminal, over TCP or with a token its events are shown like those of any run, with control characters escaped unless `--raw` is given. The exit code is 0 whatever the run’s own result is.',
    examples: [
      ['Look on', '$0 attach run_01JD'],
      ['Feed another program from a known position', '$0 attach run_01JD --stream-json --after 4211'],
    ],
  });

  run = Option.String({ name: 'ID', required: true });
  streamJson = Option.Boolean('--stream-json', false, { description: 'One event per line, as JSON' });
  isRaw = Option.Boolean('--raw', false, { description: 'Give what the run wrote to a terminal as it is' });
  after = Option.String('--after', { description: 'Only events after this seq' });

  async execute(): Promise<number> {
    const after = this.after === undefined ? undefined : parseCount('--after', this.after);
    const client = this.connect();
    const run = await client.call('runsShow', { params: { run: this.run } });
    const isJson = this.streamJson || this.json;
    const wantsEvents = isJson || this.isRaw || after !== undefined;
    const { context } = this;
    const inTerminal = wantsEvents ? null : await attachTerminal({ context, client, run });
    const end =
      inTerminal ??
      (await follow({
        context,
        client,
        runId: run.id,
        after,
        leaveAtWait: false,
        mayCancel: false,
        format: isJson ? 'json-lines' : 'human',
        isRaw: this.isRaw,
      }));
    if (end.kind === 'ended' && !isJson) context.stderr.write(formatOutcome(end.run, this.errStyle));
    return exitCodes.ok;
  }
}
