import { Command, Option } from 'clipanion';
import { logTypes } from '../../../contract/index.ts';
import { parseChoice, parseCount } from '../../arguments.ts';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { showRunLog } from '../../run-log.ts';

/** `drover runs logs ID`: what the run wrote, raw. */
export class RunsLogsCommand extends DroverCommand {
  static override paths = [['runs', 'logs']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'print what a run wrote',
    details:
      'On a terminal control characters are shown escaped, unless `--raw` is given; into a file or a pipe the bytes go as they are. `-f` goes on until the run has ended. `process` is what it wrote besides its protocol, `stdout` and `stderr` are its raw output, `transcript` its protocol, `telemetry` its events, one JSON object a line, and `debug` what the daemon itself logged of it.',
    examples: [
      ['Print what a run wrote', '$0 runs logs run_01JD'],
      ['Follow its errors from the last ten lines', '$0 runs logs run_01JD --type stderr --tail 10 -f'],
    ],
  });

  run = Option.String({ name: 'ID', required: true });
  isFollowing = Option.Boolean('-f,--follow', false, { description: 'Go on until the run has ended' });
  type = Option.String('--type', 'process', { description: `One of: ${logTypes.join(', ')}` });
  tail = Option.String('--tail', { description: 'Only the last N lines' });
  isRaw = Option.Boolean('--raw', false, { description: 'Give the bytes to a terminal as they are' });

  async execute(): Promise<number> {
    const client = this.connect();
    const type = parseChoice('--type', this.type, logTypes);
    const tail = this.tail === undefined ? undefined : parseCount('--tail', this.tail);
    const run = await client.call('runsShow', { params: { run: this.run } });
    const { context, isFollowing, isRaw } = this;
    await showRunLog({ context, client, run, type, tail, isFollowing, isRaw });
    return exitCodes.ok;
  }
}
