import { Command, Option } from 'clipanion';
import { parseCount } from '../../arguments.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { follow } from '../../follow.ts';
import { formatOutcome } from '../../print/run.ts';

/** `drover attach ID`: replay, then live. */
export class AttachCommand extends DroverCommand {
  static override paths = [['attach'], ['runs', 'attach']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'show what a run did from its start, then go on live',
    details:
      'Ctrl-C lets go of the run and leaves it alone. The exit code is 0 whatever the run’s own result is.',
    examples: [
      ['Look on', '$0 attach run_01JD'],
      ['Feed another program from a known position', '$0 attach run_01JD --stream-json --after 4211'],
    ],
  });

  run = Option.String({ name: 'ID', required: true });
  streamJson = Option.Boolean('--stream-json', false, { description: 'One event per line, as JSON' });
  after = Option.String('--after', { description: 'Only events after this seq' });

  async execute(): Promise<number> {
    const after = this.after === undefined ? undefined : parseCount('--after', this.after);
    const client = this.connect();
    const { id } = await client.call('runsShow', { params: { run: this.run } });
    const isJson = this.streamJson || this.json;
    const end = await follow({
      context: this.context,
      client,
      runId: id,
      after,
      leaveAtWait: false,
      mayCancel: false,
      format: isJson ? 'json-lines' : 'human',
    });
    if (end.kind === 'ended' && !isJson) this.context.stderr.write(formatOutcome(end.run, this.errStyle));
    return exitCodes.ok;
  }
}
