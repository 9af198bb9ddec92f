import { Command, Option } from 'clipanion';
import { DroverCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { formatRun } from '../../print/run.ts';

/** `drover runs show ID`. */
export class RunsShowCommand extends DroverCommand {
  static override paths = [['runs', 'show']];
  static override usage = Command.Usage({
    category: 'Runs',
    description: 'show one run',
    details:
      'A run is named by its id, any unique prefix of it with at least 4 characters after `run_`, or its name.',
    examples: [
      ['Show a run', '$0 runs show run_01JD'],
      ['Read its result in a script', '$0 runs show nightly --json | jq -r .result'],
    ],
  });

  run = Option.String({ name: 'ID', required: true });

  async execute(): Promise<number> {
    const run = await this.connect().call('runsShow', { params: { run: this.run } });
    if (this.json) this.printJson(run);
    else this.print(formatRun(run, this.now(), this.outStyle));
    return exitCodes.ok;
  }
}
